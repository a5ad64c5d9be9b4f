// A message stands there at once and is kept, through reloads and a killed browser, until it comes back with its place
// in the log: only then it counts as sent. Messages go in order, under one client_id however often they are tried.

import {backoff} from './backoff.js'
import {apply} from './frames.js'
import {isOff, send} from './live.js'
import {byId, composer, conversation, domId, emit, message, messages, on, post, signIn, user} from './page.js'
import {isItem, pause, Queue, verdict} from './queue.js'
import {load} from './quotes.js'
import {forget, names, onChange, recall, remember} from './storage.js'

const ACKNOWLEDGED = 3000, ANSWERED = 15000
const FAILED = 'Not sent. The server could not take it.'
const CLOSED = 'Not sent. You are no longer in this conversation.'
const REFUSED = {403: 'Not sent. It was refused on its way.', 404: CLOSED, 413: 'Not sent. It is too long.', 422: FAILED}
const WAITING = 'Waiting for the connection…'

const pending = document.createElement('template')
let queue = new Queue()
let posting, timer, failures = 0

export function start() {
  // A script that is none: text browsers would show what a template holds.
  pending.innerHTML = byId('pending')?.textContent ?? ''
  queue = new Queue(names('outbox:').map(recall).filter(isItem))
  if (messages && composer && !isOff()) {
    composer.noValidate = true
    composer.addEventListener('submit', submit)
  }
  messages?.addEventListener('click', press)
  on('parley:arrived', ({id}) => {
    for (const item of queue.all()) if (domId(item.id) === id) drop(item.id)
  })
  on('parley:refused', form => fail(queue.get(form.dataset.refused), errorIn(form), true))
  on('parley:up', again)
  on('htmx:after:swap', () => draw())
  addEventListener('online', again)
  onChange('outbox:', hear)
  draw()
  flush()
}

function submit(event) {
  event.preventDefault()
  const text = composer.body
  if (text.value.trim()) {
    const replyTo = composer.reply_to && Number(composer.reply_to.value)
    keep({id: uuid(), conversation, body: text.value, reply_to: replyTo, at: queue.at(Date.now())})
    write('')
    composer.querySelector('.error')?.remove()
    text.removeAttribute('aria-invalid')
    emit('parley:sent')
    flush()
  }
  text.focus()
}

function press({target}) {
  const item = queue.all().find(({id}) => message(id)?.contains(target))
  if (!item?.failed) return
  if (target.matches('.retry')) {
    keep({...item, failed: '', tries: 0})
    again()
  } else if (target.matches('.edit, .discard')) {
    if (target.matches('.edit')) write([item.body, composer.body.value].filter(Boolean).join('\n'))
    if (target.matches('.edit') && item.reply_to) emit('parley:reply', item.reply_to)
    message(item.id).remove()
    drop(item.id)
  }
  composer.body.focus()
}

function write(text) {
  composer.body.value = text
  composer.body.dispatchEvent(new Event('input', {bubbles: true}))
}

function flush() {
  for (const {id, body, reply_to} of queue.forSocket(conversation, Date.now())) {
    if (!send({type: 'message', client_id: id, body, reply_to})) break
    hand(id, ACKNOWLEDGED)
  }
  if (!posting) posting = postAll().finally(() => { posting = undefined })
}

function hand(id, time) {
  queue.hand(id, Date.now() + time)
  setTimeout(flush, time + 50)
}

async function postAll() {
  for (let item = queue.forPost(Date.now()); item; item = queue.forPost(Date.now())) {
    if (!await postOne(item)) return
  }
}

// True when the next one may go.
async function postOne(item) {
  const fields = {client_id: item.id, body: item.body, reply_to: item.reply_to ?? '', author: user}
  let response, text
  try {
    response = await post(`/chat/${item.conversation}/messages/`, fields, AbortSignal.timeout(ANSWERED))
    text = await response.text()
  } catch {
    return later(backoff(failures++), WAITING)
  }
  const tries = item.tries ?? 0
  const error = errorIn(new DOMParser().parseFromString(text, 'text/html'))
  switch (verdict(response, text.includes(domId(item.id)), tries)) {
    case 'sent':
      failures = 0
      drop(item.id)
      if (item.conversation === conversation) apply(text)
      emit('parley:reached')
      return true
    case 'signed out':
      return signIn()
    case 'too fast':
      return later(1000 * (response.headers.get('Retry-After') ?? 5), 'Waiting…')
    case 'refused':
      return fail(item, error ?? REFUSED[response.status], true)
    case 'failed':
      return fail(item, error)
    default:
      item.tries = tries + 1
      return later(pause(item.tries))
  }
}

function later(wait, words) {
  clearTimeout(timer)
  timer = setTimeout(flush, wait)
  draw(words)
  return false
}

function again() {
  failures = 0
  queue.takeBack()
  flush()
}

function fail(item, failed, refused) {
  if (item) keep({...item, failed: failed ?? FAILED, refused})
  return true
}

function draw(words) {
  if (!messages) return
  for (const item of queue.all()) if (item.conversation === conversation) drawOne(item, words)
}

function drawOne(item, words) {
  const {id, failed, refused} = item
  const li = message(id) ?? add(item)
  if (li.dataset.position) return drop(id)
  li.classList.toggle('failed', !!failed)
  li.classList.toggle('sending', !failed)
  if (failed || words) li.querySelector('.state').textContent = failed || words
  li.querySelector('.retry').hidden = !failed || refused
  li.querySelector('.edit').hidden = !refused
  li.querySelector('.discard').hidden = !failed
}

function add({id, body, reply_to, at}) {
  const li = pending.content.firstElementChild.cloneNode(true)
  li.id = domId(id)
  li.dataset.created = at
  li.querySelector('.body').textContent = body
  li.querySelector('time').dateTime = new Date(at).toISOString()
  messages.append(li)
  if (reply_to) quoteIn(li, reply_to)
  emit('parley:drawn')
  return li
}

async function quoteIn(li, position) {
  const replies = await load()
  if (replies && !li.dataset.position) li.querySelector('.bubble').prepend(replies.quote(position))
}

const errorIn = page => page.querySelector('.error')?.textContent.trim()

function keep(item) {
  queue.put(item)
  remember(`outbox:${item.id}`, item)
  draw()
}

function drop(id) {
  queue.drop(id)
  forget(`outbox:${id}`)
}

// Another tab's outbox is this one's too, should that tab not live to send it.
function hear(name) {
  const id = name.slice('outbox:'.length), item = recall(name)
  if (isItem(item)) {
    queue.put(item)
    hand(id, 2 * ACKNOWLEDGED)
    draw()
  } else {
    queue.drop(id)
    if (!message(id)?.dataset.position) message(id)?.remove()
  }
}

// Plain http has no randomUUID.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))]
  const hex = bytes.map(byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-a$4-')
}

// A message stands there at once and is kept, through reloads and a killed browser, until it comes back with its place
// in the log: only then it counts as sent. Messages go in order, under one client_id however often they are tried.

import {
  backoff, byId, composer, conversation, domId, forget, key, message, messages, on, post, remember, signIn, tell, user,
} from './page.js'
import {apply} from './frames.js'
import {off, send} from './live.js'

const ACKNOWLEDGED = 3000
const FAILED = 'The server could not take it.'
const CLOSED = 'This conversation is no longer open to you.'
const REFUSED = {403: CLOSED, 404: CLOSED, 413: 'This is too long to send.', 422: FAILED}

// A script that is none: text browsers would show what a template holds.
const pending = document.createElement('template')
pending.innerHTML = byId('pending')?.textContent ?? ''

const box = new Map()
// Until when a socket, or another tab, has it in hand.
const handed = new Map()
let posting, failures = 0, next

if (messages && composer && !off) {
  composer.noValidate = true
  composer.addEventListener('submit', submit)
}
messages?.addEventListener('click', press)
on('parley:arrived', ({id}) => [...box.keys()].forEach(clientId => domId(clientId) === id && drop(clientId)))
on('parley:refused', form => fail(box.get(form.dataset.refused), sentence(form), true))
on('parley:up', again)
on('htmx:after:swap', () => draw())
addEventListener('online', again)
addEventListener('storage', elsewhere)
Object.keys(localStorage).filter(name => name.startsWith(key('outbox:'))).map(name => JSON.parse(localStorage[name]))
  .sort((a, b) => a.at - b.at).forEach(item => box.set(item.id, item))
draw()
flush()

function submit(event) {
  event.preventDefault()
  const text = composer.body
  if (text.value.trim()) {
    const at = Math.max(Date.now(), ...[...box.values()].map(item => item.at + 1))
    keep({id: uuid(), conversation, body: text.value, at})
    write('')
    composer.querySelector('.error')?.remove()
    text.removeAttribute('aria-invalid')
    tell('parley:sent')
    flush()
  }
  text.focus()
}

function press({target}) {
  const item = [...box.values()].find(({id}) => message(id)?.contains(target))
  if (!item?.failed) return
  if (target.matches('.retry')) {
    keep({...item, failed: '', tries: 0})
    again()
  } else if (target.matches('.edit, .discard')) {
    if (target.matches('.edit')) write([item.body, composer.body.value].filter(Boolean).join('\n'))
    message(item.id).remove()
    drop(item.id)
  }
  composer.body.focus()
}

function write(text) {
  composer.body.value = text
  composer.body.dispatchEvent(new Event('input', {bubbles: true}))
}

// In order: over the socket what it was not handed yet, and by POST what was not acknowledged in time.
function flush() {
  for (const {id, body, conversation: to} of waiting()) {
    if (handed.get(id) < Date.now()) break
    if (handed.has(id) || to !== conversation) continue
    if (!send({type: 'message', client_id: id, body})) break
    hand(id, ACKNOWLEDGED)
  }
  if (!posting) posting = postAll().finally(() => { posting = null })
}

function hand(id, time) {
  handed.set(id, Date.now() + time)
  setTimeout(flush, time + 50)
}

async function postAll() {
  let item
  do [item] = waiting()
  while (item && !(handed.get(item.id) > Date.now()) && await postOne(item))
}

// True when the next one may go.
async function postOne(item) {
  let response, text
  try {
    const fields = {client_id: item.id, body: item.body, author: user}
    response = await post(`/chat/${item.conversation}/messages/`, fields, AbortSignal.timeout(15000))
    text = await response.text()
  } catch {
    return later(backoff(failures++), 'Waiting for the connection…')
  }
  const {ok, status} = response
  // Only the message itself proves that it arrived: a captive portal says 200 too.
  if (ok && text.includes(domId(item.id))) {
    failures = 0
    drop(item.id)
    if (item.conversation === conversation) apply(text)
    tell('parley:reached')
    return true
  }
  if (status === 401) return signIn()
  if (status === 429) return later(1000 * (response.headers.get('Retry-After') ?? 5), 'Waiting…')
  const words = sentence(new DOMParser().parseFromString(text, 'text/html'))
  if (status in REFUSED) return fail(item, words ?? REFUSED[status], true)
  item.tries = (item.tries ?? 0) + 1
  if (item.tries > 3) return fail(item, words)
  later(500 * 2 ** item.tries * (1 + Math.random()) / 2)
}

function later(wait, words) {
  clearTimeout(next)
  next = setTimeout(flush, wait)
  draw(words)
}

function again() {
  failures = 0
  handed.clear()
  flush()
}

function fail(item, failed, refused) {
  if (item) keep({...item, failed: failed ?? FAILED, refused})
  return true
}

function draw(words) {
  if (messages) for (const item of box.values()) if (item.conversation === conversation) bubble(item, words)
}

function bubble({id, body, at, failed, refused}, words) {
  let li = message(id)
  if (li?.dataset.position) return drop(id)
  if (!li) {
    li = pending.content.firstElementChild.cloneNode(true)
    li.id = domId(id)
    li.dataset.created = at
    li.querySelector('.body').textContent = body
    li.querySelector('time').dateTime = new Date(at).toISOString()
    messages.append(li)
    tell('parley:drawn')
  }
  li.classList.toggle('failed', !!failed)
  li.classList.toggle('sending', !failed)
  if (failed || words) li.querySelector('.state').textContent = failed || words
  li.querySelector('.retry').hidden = !failed || refused
  li.querySelector('.edit').hidden = !refused
  li.querySelector('.discard').hidden = !failed
}

function sentence(page) {
  return page.querySelector('.error')?.textContent.trim()
}

function waiting() {
  return [...box.values()].filter(item => !item.failed)
}

function keep(item) {
  box.set(item.id, item)
  remember('outbox:' + item.id, JSON.stringify(item))
  draw()
}

function drop(id) {
  box.delete(id)
  forget('outbox:' + id)
}

// Another tab's outbox is this one's too, should that tab not live to send it.
function elsewhere(event) {
  const [start, id] = event.key?.split('outbox:') ?? []
  if (!id || start !== key('')) return
  if (event.newValue) {
    box.set(id, JSON.parse(event.newValue))
    hand(id, 2 * ACKNOWLEDGED)
    draw()
  } else {
    box.delete(id)
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

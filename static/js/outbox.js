// A message stands there at once and is kept, through reloads and a killed browser, until it comes back with its place
// in the log: only then it counts as sent. So are changes of messages. All go in order, under one client_id, or based on
// one revision, however often they are tried.

import {backoff} from './backoff.js'
import {clear, drawChange} from './changes.js'
import {apply} from './frames.js'
import {isOff, send} from './live.js'
import {at, byId, composer, conversation, domId, emit, message, messages, on, post, signIn, user} from './page.js'
import {formOf, frameOf, isChange, isDone, isItem, isReaction, pathOf, pause, Queue, verdict} from './queue.js'
import {load} from './quotes.js'
import {clearReaction, drawReaction, hasOwn, say} from './reactions.js'
import {forget, names, onChange, recall, remember} from './storage.js'

const ACKNOWLEDGED = 3000, ANSWERED = 15000
const FAILED = 'The server could not take it.'
const CHANGED = 'It was changed on another device.'
const REFUSED = {
  403: 'It was refused on its way.', 404: 'You are no longer in this conversation.', 409: CHANGED, 413: 'It is too long.',
}
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
  on('parley:arrived', arrive)
  on('parley:change', change)
  on('parley:refused', form => fail(queue.get(form.dataset.refused), errorIn(form), true))
  on('parley:up', again)
  on('htmx:after:swap', () => draw())
  addEventListener('online', again)
  onChange('outbox:', hear)
  draw()
  flush()
}

function submit(event) {
  if (event.submitter?.hasAttribute('formaction')) return
  event.preventDefault()
  const text = composer.body
  if (text.value.trim()) {
    const replyTo = composer.reply_to && Number(composer.reply_to.value), id = composer.client_id.value
    keep({id, conversation, body: text.value, reply_to: replyTo, at: queue.at(Date.now())})
    composer.client_id.value = uuid()
    write('')
    composer.querySelector('.error')?.remove()
    text.removeAttribute('aria-invalid')
    emit('parley:sent')
    flush()
  }
  text.focus()
}

// A change that is made of a message here.
function change(fields) {
  const wanted = {...fields, conversation}
  const replaced = queue.replacedBy(wanted)
  if (replaced) drop(replaced)
  keep({...wanted, revision: replaced?.revision ?? fields.revision, id: uuid(), at: queue.at(Date.now())})
  flush()
}

function arrive(fresh) {
  const shown = {
    revision: Number(fresh.dataset.revision),
    body: fresh.querySelector('.body')?.textContent,
    isUnsent: fresh.classList.contains('unsent'),
    hasOwn: emoji => hasOwn(fresh, emoji),
  }
  for (const item of queue.all()) {
    if (!isChange(item)) {
      if (domId(item.id) === fresh.id) drop(item)
    } else if (elementOf(item)?.id === fresh.id && (!isReaction(item) || queue.isNext(item)) && isDone(item, shown)) {
      settle(item, shown.revision)
    }
  }
}

// What waits for the same message is based on what it is now.
function settle(item, revision) {
  drop(item)
  for (const next of queue.changesOf(item)) keep({...next, revision})
}

function elementOf(item) {
  if (item.conversation !== conversation) return undefined
  return isChange(item) ? at(item.position) : message(item.id)
}

function press({target}) {
  const item = queue.all().find(item => item.failed && elementOf(item)?.contains(target))
  if (!item) return
  if (target.matches('.retry')) {
    keep({...item, failed: '', tries: 0})
    again()
    composer.body.focus()
  } else if (target.matches('.edit, .discard')) {
    if (target.matches('.edit')) writeAgain(item)
    else composer.body.focus()
    if (!isChange(item)) message(item.id).remove()
    drop(item)
    if (!isChange(item)) emit('parley:discarded', item.id)
  }
}

// A text for a message that is still there goes on as one for it.
function writeAgain(item) {
  const li = isChange(item) && elementOf(item)
  if (li && !li.classList.contains('unsent')) return emit('parley:edit', {li, text: item.body})
  write([item.body, composer.body.value].filter(Boolean).join('\n'))
  if (item.reply_to) emit('parley:reply', item.reply_to)
  composer.body.focus()
}

function write(text) {
  composer.body.value = text
  composer.body.dispatchEvent(new Event('input', {bubbles: true}))
}

function flush() {
  for (const item of queue.forSocket(conversation, Date.now())) {
    if (!send(frameOf(item))) break
    hand(item.id, ACKNOWLEDGED)
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
  let response, text
  try {
    response = await post(pathOf(item), {...formOf(item), author: user}, AbortSignal.timeout(ANSWERED))
    text = await response.text()
  } catch {
    return later(backoff(failures++), WAITING)
  }
  const tries = item.tries ?? 0
  const page = new DOMParser().parseFromString(text, 'text/html')
  const error = response.status === 409 ? undefined : errorIn(page)
  const stored = isChange(item) ? page.querySelector(`.message[data-position="${item.position}"]`) : page.getElementById(domId(item.id))
  switch (verdict(response, !!stored, tries)) {
    case 'sent':
      failures = 0
      settle(item, Number(stored.dataset.revision))
      if (item.conversation === conversation) apply(text)
      emit('parley:reached')
      return true
    case 'signed out':
      return signIn()
    case 'too fast':
      return later(1000 * (response.headers.get('Retry-After') ?? 5), 'Waiting…')
    case 'refused':
      return fail(item, error ?? sentence(item, REFUSED[response.status]), true)
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
  if (item && isReaction(item)) {
    drop(item)
    say(failed ?? FAILED)
  } else if (item) keep({...item, failed: failed ?? sentence(item, FAILED), refused})
  return true
}

const sentence = (item, why = FAILED) => `${isChange(item) ? 'Not saved.' : 'Not sent.'} ${why}`

function draw(words) {
  if (!messages) return
  for (const item of queue.all()) if (item.conversation === conversation) drawOne(item, words)
}

function drawOne(item, words) {
  const {id, failed, refused} = item
  if (isReaction(item)) return drawReaction(at(item.position), item)
  const li = isChange(item) ? drawChange(item, pending) : message(id) ?? add(item)
  if (!li) return
  if (li.dataset.position && !isChange(item)) return drop(item)
  li.classList.toggle('failed', !!failed)
  li.classList.toggle('sending', !failed)
  if (failed || words) li.querySelector('.delivery .state').textContent = failed || words
  li.querySelector('.retry').hidden = !failed || refused
  li.querySelector('button.edit').hidden = !refused || item.body === undefined
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

const errorIn = page => page.querySelector('.error, .summary p, .kept .hint')?.textContent.trim()

function keep(item) {
  queue.put(item)
  remember(`outbox:${item.id}`, item)
  draw()
}

function drop(item) {
  queue.drop(item.id)
  forget(`outbox:${item.id}`)
  undraw(item)
}

function undraw(item) {
  if (isReaction(item)) clearReaction(elementOf(item), item)
  else if (isChange(item)) clear(elementOf(item))
}

// Another tab's outbox is this one's too, should that tab not live to send it.
function hear(name) {
  const id = name.slice('outbox:'.length), item = recall(name)
  if (isItem(item)) {
    if (composer?.client_id.value === id) composer.client_id.value = uuid()
    queue.put(item)
    hand(id, 2 * ACKNOWLEDGED)
    draw()
  } else {
    const gone = queue.get(id)
    queue.drop(id)
    if (gone && isChange(gone)) undraw(gone)
    else if (!message(id)?.dataset.position) message(id)?.remove()
  }
}

// Plain http has no randomUUID.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))]
  const hex = bytes.map(byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-a$4-')
}

// Sending: a message stands there at once, and what is written is kept until the server has it: through a reload, a
// killed browser, a lost line. In order, under one client_id however often it is tried, and shown as sent only once it
// comes back with its place in the log. A refused one says why and can be edited; the composer's text is never touched.

import {backoff, composer, conversation, domId, kept, messages, on, post, scroller, signIn, tell} from './page.js'
import {apply} from './frames.js'
import {off, send} from './live.js'

const ACKNOWLEDGED_WITHIN = 3000
const SENTENCES = {
  403: 'You can no longer write here.', 404: 'This conversation is no longer open to you.',
  413: 'This is too long to send.', 422: 'This could not be sent.',
}

const box = new Map(kept.all('outbox:').map(text => JSON.parse(text)).sort((a, b) => a.at - b.at).map(item => [item.id, item]))
const handed = new Map()
let posting = false, failures = 0, next

if (messages && composer && !off) {
  composer.noValidate = true
  composer.addEventListener('submit', submit)
}
messages?.addEventListener('click', press)
on('parley:arrived', ({id}) => forget([...box.values()].find(item => domId(item.id) === id)))
on('parley:refused', ({id, sentence}) => fail(box.get(id), sentence || SENTENCES[422], true))
on('parley:up', again)
on('parley:down', () => handed.clear())
on('htmx:after:swap', draw)
addEventListener('online', again)
addEventListener('storage', elsewhere)
draw()
flush()

function submit(event) {
  event.preventDefault()
  const text = composer.body
  if (text.value.trim()) {
    const at = Math.max(Date.now(), ...[...box.values()].map(item => item.at + 1))
    const item = {id: uuid(), conversation, body: text.value, at}
    box.set(item.id, item)
    keep(item)
    text.value = ''
    composer.querySelector('.error')?.remove()
    text.dispatchEvent(new Event('input', {bubbles: true}))
    draw()
    tell('parley:sent')
    flush()
  }
  text.focus()
}

function press({target}) {
  const li = target.closest('.failed')
  const item = [...box.values()].find(item => domId(item.id) === li?.id)
  if (!item) return
  if (target.matches('.retry')) {
    delete item.failed
    item.tries = 0
    keep(item)
    draw()
    again()
  } else if (target.matches('.edit, .discard')) {
    if (target.matches('.edit')) {
      const text = composer.body
      text.value = [item.body, text.value].filter(Boolean).join('\n')
      text.dispatchEvent(new Event('input', {bubbles: true}))
      text.focus()
    }
    forget(item)
    li.remove()
  }
}

// In order: over the socket what it has not been handed yet; by POST what it has not acknowledged in time.
function flush() {
  for (const item of waiting()) {
    if (handed.get(item.id) < Date.now()) break
    if (handed.has(item.id) || item.conversation !== conversation) continue
    if (!send({type: 'message', client_id: item.id, body: item.body})) break
    handed.set(item.id, Date.now() + ACKNOWLEDGED_WITHIN)
    setTimeout(flush, ACKNOWLEDGED_WITHIN + 50)
  }
  if (!posting) postAll()
}

async function postAll() {
  posting = true
  let item
  do [item] = waiting()
  while (item && !(handed.get(item.id) > Date.now()) && await postOne(item))
  posting = false
}

// True when the next one may go: this one is through, or has failed for good.
async function postOne(item) {
  let response, text
  try {
    const path = `/chat/${item.conversation}/messages/`
    response = await post(path, {client_id: item.id, body: item.body}, AbortSignal.timeout(15000))
    text = await response.text()
  } catch {
    return later('Waiting for the connection…')
  }
  // Only the message itself proves that it arrived: a captive portal says 200 too.
  if (response.ok && text.includes(`"${domId(item.id)}"`)) {
    failures = 0
    forget(item)
    if (item.conversation === conversation && messages) apply(text)
    return true
  }
  if (response.status === 401) return signIn()
  const sentence = new DOMParser().parseFromString(text, 'text/html').querySelector('.error')?.textContent.trim()
  if (response.status === 429) return later('Waiting…', 1000 * (response.headers.get('Retry-After') || 5))
  if (response.status in SENTENCES) return fail(item, sentence || SENTENCES[response.status], true)
  item.tries = (item.tries ?? 0) + 1
  if (item.tries > 2) return fail(item, sentence || 'The server could not take it.')
  return later()
}

function later(state, delay = backoff(failures++)) {
  clearTimeout(next)
  next = setTimeout(flush, delay)
  if (state) draw(state)
}

function again() {
  failures = 0
  flush()
}

function fail(item, sentence, refused) {
  if (!item) return
  Object.assign(item, {failed: sentence, refused})
  handed.delete(item.id)
  keep(item)
  draw()
  return true
}

function draw(state) {
  if (messages) for (const item of box.values()) if (item.conversation === conversation) bubble(item, state)
}

function bubble(item, state) {
  let li = document.getElementById(domId(item.id))
  if (li?.dataset.position) return forget(item)
  if (!li) {
    li = document.getElementById('pending').content.firstElementChild.cloneNode(true)
    li.id = domId(item.id)
    li.dataset.created = item.at
    li.querySelector('.body').textContent = item.body
    li.querySelector('time').dateTime = new Date(item.at).toISOString()
    messages.append(li)
    tell('parley:drawn')
  }
  li.classList.toggle('failed', !!item.failed)
  li.classList.toggle('sending', !item.failed)
  if (item.failed || state > '') li.querySelector('.state').textContent = item.failed || state
  li.querySelector('.retry').hidden = !item.failed || item.refused
  li.querySelector('.edit').hidden = !item.refused
  li.querySelector('.discard').hidden = !item.failed
}

function waiting() {
  return [...box.values()].filter(item => !item.failed)
}

function keep(item) {
  kept.set('outbox:' + item.id, JSON.stringify(item))
}

function forget(item) {
  if (!item) return
  box.delete(item.id)
  handed.delete(item.id)
  kept.remove('outbox:' + item.id)
}

// Another tab's outbox is this one's too, should that tab not live to send it.
function elsewhere({key, newValue}) {
  const [, id] = kept.named(key).match(/^outbox:(.+)/) ?? []
  if (!id) return
  if (newValue) {
    box.set(id, JSON.parse(newValue))
    handed.set(id, Date.now() + 2 * ACKNOWLEDGED_WITHIN)
    setTimeout(flush, 2 * ACKNOWLEDGED_WITHIN + 50)
    draw()
  } else {
    box.delete(id)
    const li = document.getElementById(domId(id))
    if (!li?.dataset.position) li?.remove()
  }
}

// Plain http has no randomUUID.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = bytes[6] & 15 | 64
  bytes[8] = bytes[8] & 63 | 128
  return [...bytes].map((byte, n) => ([4, 6, 8, 10].includes(n) ? '-' : '') + byte.toString(16).padStart(2, '0')).join('')
}

// A draft survives a reload, another page and a crash until it is sent, and stands in all tabs; one that was written in
// has its own. Enter sends; others see that one types, until 3 s after the last key, and never what.

import {isLeftOf} from './drafts.js'
import {isUp, send} from './live.js'
import {byId, composer, conversation, live, message, messages, on, post, user} from './page.js'
import {onChange, recall, remember, tab} from './storage.js'

const OFTEN = 500
const name = `draft:${conversation}`
const ownName = `${name}:${user}`
const text = composer?.body
const touch = matchMedia('(hover: none) and (pointer: coarse)')

// What is kept for all tabs, as far as this one knows; and what was written in this one.
let shared = '', own = ''
let typedAt = 0, timer

export function start() {
  on('parley:arrived', ({dataset}) => byId(`typing-${dataset.author}`)?.remove())
  if (!composer) return
  restore()
  onChange(name, follow)
  composer.addEventListener('input', hear)
  composer.addEventListener('submit', submit)
  text.addEventListener('keydown', enter)
}

function restore() {
  if (message(draft().id)) clear()
  const kept = draft()
  shared = kept.text
  const written = tab.recall(ownName)
  own = typeof written === 'string' ? written : ''
  if (!shared || shared.includes(own)) own = own && shared
  if (text.value) own = text.value
  else {
    text.value = own || shared
    // Sent as a plain form and not seen to arrive: once more under the same id, so that it cannot stand there twice.
    if (kept.id && text.value === shared) composer.client_id.value = kept.id
  }
  keepOwn()
}

// Another tab has written, or sent or deleted what was written; or signed out, after which nothing is kept. What holds all
// that was written in this one, or is what is left of it, is followed; else other words were written elsewhere, and each
// tab has its own.
function follow() {
  if (!recall(name)) return tab.forget(ownName)
  const before = shared
  shared = draft().text
  if (shared.includes(own) || own === before && isLeftOf(shared, own)) {
    own = own && shared
    text.value = shared
    keepOwn()
  } else if (!shared) {
    save()
  }
}

function draft() {
  const kept = recall(name)
  return typeof kept?.text === 'string' ? kept : {text: ''}
}

// A plain form leaves no outbox; where the log is in sight, the next page can see whether it arrived.
function submit(event) {
  if (!messages) clear()
  else if (!event.defaultPrevented) save(composer.client_id.value)
}

function hear() {
  const before = own || shared
  own = text.value
  keepOwn()
  if (own || draft().text === before) save()
  const wait = typedAt + OFTEN - Date.now()
  if (wait < 0) sendTyping()
  else if (!timer) timer = setTimeout(sendTyping, wait)
}

function save(id) {
  shared = text.value
  remember(name, {text: shared, id})
}

function clear() {
  shared = ''
  remember(name, {text: ''})
}

function keepOwn() {
  tab.remember(ownName, own)
}

function sendTyping() {
  timer = undefined
  if (!isUp() || !text.value.trim()) return
  typedAt = Date.now()
  if (!send({type: 'typing'})) post(`${live.dataset.live}typing/`, {}).catch(() => {})
}

// On touch keyboards, and for those who chose so, Enter breaks the line, as Shift+Enter does on any. One that ends a composition (Japanese, …) does
// nothing: 229 is how Safari says so.
export function isSending({key, keyCode, isComposing, ctrlKey, metaKey, shiftKey, altKey}) {
  if (key !== 'Enter' || isComposing || keyCode === 229) return false
  return ctrlKey || metaKey || !(shiftKey || altKey || touch.matches || composer?.dataset.key)
}

function enter(event) {
  if (!isSending(event)) return
  event.preventDefault()
  // Which asks no button.
  if (!composer.querySelector('.send').disabled) composer.requestSubmit()
}

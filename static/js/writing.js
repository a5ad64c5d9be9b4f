// A draft survives a reload, another page and a crash until it is sent, and is the same in all tabs; Enter sends; others see that one types, until
// 3 s after the last key, and never what.

import {isUp, send} from './live.js'
import {byId, composer, conversation, live, message, messages, on, post} from './page.js'
import {forget, onChange, recall, remember} from './storage.js'

const OFTEN = 500
const name = `draft:${conversation}`
const text = composer?.body
const touch = matchMedia('(hover: none) and (pointer: coarse)')

let typedAt = 0, timer

export function start() {
  on('parley:arrived', ({dataset}) => byId(`typing-${dataset.author}`)?.remove())
  if (!composer) return
  restore()
  onChange(name, () => { text.value = draft().text })
  composer.addEventListener('input', hear)
  composer.addEventListener('submit', submit)
  text.addEventListener('keydown', enter)
}

function restore() {
  const kept = draft()
  if (kept.id && message(kept.id)) return forget(name)
  if (!kept.text || text.value) return
  text.value = kept.text
  // Sent as a plain form and not seen to arrive: once more under the same id, so that it cannot stand there twice.
  if (kept.id) composer.client_id.value = kept.id
}

function draft() {
  const kept = recall(name)
  return typeof kept?.text === 'string' ? kept : {text: ''}
}

// A plain form leaves no outbox; where the log is in sight, the next page can see whether it arrived.
function submit(event) {
  if (!messages) forget(name)
  else if (!event.defaultPrevented) save(composer.client_id.value)
}

function hear() {
  save()
  const wait = typedAt + OFTEN - Date.now()
  if (wait < 0) sendTyping()
  else if (!timer) timer = setTimeout(sendTyping, wait)
}

function save(id) {
  if (text.value) remember(name, {text: text.value, id})
  else forget(name)
}

function sendTyping() {
  timer = undefined
  if (!isUp() || !text.value.trim()) return
  typedAt = Date.now()
  if (!send({type: 'typing'})) post(`${live.dataset.live}typing/`, {}).catch(() => {})
}

// On touch keyboards Enter breaks the line, as Shift+Enter does on any. One that ends a composition (Japanese, …) does
// nothing: 229 is how Safari says so.
function enter(event) {
  const {key, keyCode, isComposing, ctrlKey, metaKey, shiftKey, altKey} = event
  if (key !== 'Enter' || isComposing || keyCode === 229) return
  if (!(ctrlKey || metaKey) && (shiftKey || altKey || touch.matches)) return
  event.preventDefault()
  composer.requestSubmit()
}

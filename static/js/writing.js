// A draft survives a reload, another page and a crash until it is sent; Enter sends; others see that one types, until
// 3 s after the last key, and never what.

import {byId, composer, conversation, forget, key, live, message, messages, on, post, remember} from './page.js'
import {send, up} from './live.js'

const name = 'draft:' + conversation
const text = composer?.body
const touch = matchMedia('(hover: none) and (pointer: coarse)')
let told = 0, typing

if (composer) {
  restore()
  composer.addEventListener('input', () => {
    save()
    const wait = told + 500 - Date.now()
    if (wait < 0) tellTyping()
    else typing ??= setTimeout(tellTyping, wait)
  })
  composer.addEventListener('submit', submit)
  text.addEventListener('keydown', enter)
}
on('parley:arrived', ({dataset}) => byId('typing-' + dataset.author)?.remove())

function restore() {
  const draft = JSON.parse(localStorage[key(name)] ?? '{}')
  if (draft.id && message(draft.id)) return forget(name)
  if (!draft.text || text.value) return
  text.value = draft.text
  // Sent as a plain form and not seen to arrive: once more under the same id, so that it cannot stand there twice.
  if (draft.id) composer.client_id.value = draft.id
}

// A plain form leaves no outbox; where the log is in sight, the next page can see whether it arrived.
function submit(event) {
  if (messages) event.defaultPrevented || save(composer.client_id.value)
  else forget(name)
}

function save(id) {
  text.value ? remember(name, JSON.stringify({text: text.value, id})) : forget(name)
}

function tellTyping() {
  typing = null
  if (!up() || !text.value.trim()) return
  told = Date.now()
  if (!send({type: 'typing'})) post(live.dataset.live + 'typing/', {}).catch(() => {})
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

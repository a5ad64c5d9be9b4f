// Enter sends. The rest of writing is loaded when there is a draft, or one begins to write.

import {byId, composer, conversation, on, post, user} from './page.js'
import {onChange, recall, tab} from './storage.js'

const name = `draft:${conversation}`
const touch = matchMedia('(hover: none) and (pointer: coarse)')

let loading, isLoaded, isSubmitted

export function start() {
  on('parley:arrived', ({dataset}) => byId(`typing-${dataset.author}`)?.remove())
  if (!composer) return
  composer.body.addEventListener('keydown', enter)
  for (const event of ['keydown', 'input', 'submit']) composer.addEventListener(event, load)
  composer.addEventListener('submit', () => { isSubmitted = true })
  onChange(name, load)
  on('htmx:after:swap', loadForDraft)
  loadForDraft()
  addEventListener('pagehide', saveAtOnce)
}

// On touch keyboards Enter breaks the line, as Shift+Enter does on any. One that ends a composition (Japanese, …) does
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

// What the server, another tab or this one has kept.
function loadForDraft() {
  const line = byId(`conversation-${conversation}`)
  if (composer.body.value || line?.dataset.draft || recall(name)?.text || tab.recall(`${name}:${user}`)?.text) load()
}

function load() {
  if (!loading) loading = import('./writing.js').then(begin).catch(() => { loading = undefined })
}

function begin(writing) {
  writing.start()
  isLoaded = true
}

// The page is left before what saves it is there, and not by a form that takes the text along.
function saveAtOnce() {
  const {body, client_id} = composer
  if (isLoaded || isSubmitted || body.value === body.defaultValue) return
  post(`/chat/${conversation}/draft/`, {body: body.value, client_id: client_id.value}).catch(() => {})
}

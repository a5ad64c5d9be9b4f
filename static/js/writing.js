// A draft survives a reload, another page and a crash until it is sent, and stands in all tabs; one that was written in
// has its own. What the server has not got yet (saving.js) goes on from here. Others see that one types, until 3 s after
// the last key, and never what. Loaded when there is a draft, or one begins to write (composer.js).

import {isLeftOf} from './drafts.js'
import {isUp, send} from './live.js'
import {composer, conversation, live, message, messages, on, post, user} from './page.js'
import * as saving from './saving.js'
import {onChange, recall, remember, tab} from './storage.js'
import * as wrap from './wrap.js'

const OFTEN = 500
// Characters left from which on they are counted.
const NEAR = 500
const name = `draft:${conversation}`
const ownName = `${name}:${user}`
const text = composer.body
const {adopt, isSaved, part, resume, servers} = saving

// What is kept for all tabs, as far as this one knows; and what was written in this one.
let shared = '', own = ''
let typedAt = 0, timer

export function start() {
  const isWritten = text.value !== text.defaultValue
  restore()
  on('parley:saved', keepSaved)
  onChange(name, follow)
  composer.addEventListener('input', hear)
  composer.addEventListener('submit', submit)
  saving.start()
  wrap.start()
  if (isWritten) hear()
  composer.addEventListener('input', count)
  count()
}

function restore() {
  if (message(draft().id)) clear()
  const kept = draft(), {saved, savedAt} = servers()
  const isNewer = !kept.isSaved && (kept.text || savedAt && kept.savedAt === savedAt)
  shared = isNewer ? kept.text : saved
  const written = tab.recall(ownName) ?? {}
  own = typeof written.text === 'string' ? written.text : ''
  if (!shared || shared.includes(own)) own = own && shared
  if (text.value && !savedAt) own = text.value
  else text.value = own || shared
  if (text.value === saved) remember(name, {text: saved, id: composer.client_id.value, isSaved: true, savedAt})
  // Sent as a plain form and not seen to arrive: once more under the same id, so that it cannot stand there twice.
  else if (text.value === shared) resume(kept.id, kept.savedAt)
  else resume(written.id, written.savedAt)
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
    adopt(draft())
  } else {
    if (composer.client_id.value === draft().id) part()
    if (!shared) save()
  }
}

function draft() {
  const kept = recall(name)
  return typeof kept?.text === 'string' ? kept : {text: ''}
}

// A plain form leaves no outbox; where the log is in sight, the next page can see whether it arrived.
function submit(event) {
  if (event.submitter?.hasAttribute('formaction')) keepSaved(true)
  else if (!messages) clear()
  else if (!event.defaultPrevented) save()
}

// The server has what is written here, or this page has taken over what another device wrote.
function keepSaved(isTaken) {
  if (!isTaken && !isSaved(text.value)) return
  own = isTaken ? '' : own && text.value
  keepOwn()
  save()
}

function hear() {
  const before = own || shared
  own = text.value
  keepOwn()
  if (own || draft().text === before) save()
  if (own.includes('@')) import('./mentions.js').catch(() => {})
  const wait = typedAt + OFTEN - Date.now()
  if (wait < 0) sendTyping()
  else if (!timer) timer = setTimeout(sendTyping, wait)
}

function save() {
  shared = text.value
  const id = composer.client_id.value, {savedAt} = servers()
  remember(name, {text: shared, id, savedAt, isSaved: isSaved(shared)})
}

function clear() {
  shared = ''
  remember(name, {text: ''})
}

function keepOwn() {
  tab.remember(ownName, {text: own, id: composer.client_id.value, savedAt: servers().savedAt})
}

function sendTyping() {
  timer = undefined
  if (!isUp() || !text.value.trim()) return
  typedAt = Date.now()
  if (!send({type: 'typing'})) post(`${live.dataset.live}typing/`, {}).catch(() => {})
}

async function count() {
  // It has at least as many units as characters.
  if (text.value.length < composer.dataset.limit - NEAR) return
  composer.removeEventListener('input', count)
  const {begin} = await import('./count.js')
  begin(NEAR)
}

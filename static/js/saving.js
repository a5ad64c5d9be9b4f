// What is being written is saved on the server, and taken over from there: a draft stands on all devices until it is
// sent. It carries the client_id of the message that it is to be.

import {apply} from './frames.js'
import {send} from './live.js'
import {uuid} from './outbox.js'
import {byId, composer, conversation, domId, emit, live, on, post} from './page.js'

const PAUSE = 1000, OFTEN = 5000, ANSWERED = 3000

const text = composer.body
const path = `/chat/${conversation}/draft/`
// The draft as the server has it, and what the inbox said of it last.
let saved = composer.saved_at ? text.defaultValue : '', savedAt = composer.saved_at?.value ?? ''
let seen, isTouched = false, since, timer, asked, limit

export const isSaved = words => words === saved
export const servers = () => ({saved, savedAt})

export function start() {
  if (!live) return
  seen = savedAt
  composer.addEventListener('input', touch)
  composer.addEventListener('submit', go)
  on('parley:draft', hear)
  on('parley:sent', () => forget(composer.client_id.value))
  on('parley:discarded', id => post(path, {body: '', client_id: id}).catch(() => {}))
  on('parley:arrived', li => { if (li.id === domId(composer.client_id.value)) end(li) })
  on('htmx:after:swap', look)
  on('parley:up', () => { if (isTouched) soon() })
  addEventListener('pagehide', () => { if (isTouched) post(path, fields()).catch(() => {}) })
  look()
}

// Words that the server does not have yet, and what they go on from.
export function resume(id, from) {
  composer.client_id.value = id || uuid()
  savedAt = from ?? ''
  touch()
}

// Another tab has written, and saves it.
export function adopt(kept) {
  composer.client_id.value = kept.id ?? uuid()
  savedAt = kept.savedAt ?? ''
  if (kept.isSaved) saved = kept.text
  isTouched = false
}

const mark = () => byId(`conversation-${conversation}`)?.dataset.draft ?? ''
const number = (name, value) => value && {[name]: Number(value)}
const fields = () => ({
  body: text.value,
  client_id: composer.client_id.value,
  ...number('saved_at', savedAt),
  ...number('reply_to', composer.reply_to?.value),
})

function touch() {
  isTouched = true
  soon()
}

function soon() {
  const now = Date.now()
  since ??= now
  clearTimeout(timer)
  timer = setTimeout(save, Math.max(0, Math.min(PAUSE, since + OFTEN - now)))
}

function save() {
  if (!isTouched || asked) return
  const now = fields()
  since = undefined
  ask(now)
  if (!send({type: 'draft', ...now})) hand(path, now)
}

function ask(now) {
  asked = now
  isTouched = false
  clearTimeout(limit)
  limit = setTimeout(() => {
    asked = undefined
    touch()
  }, ANSWERED)
}

async function hand(to, now) {
  try {
    const response = await post(to, now)
    if (response.ok) await apply(await response.text())
    return response.ok
  } catch {
    return false
  }
}

function answer() {
  asked = undefined
  clearTimeout(limit)
}

// What came of saving, or what another device has saved.
function hear(draft) {
  const id = draft.getAttribute('client_id'), words = draft.content.querySelector('textarea')?.value
  if (words === undefined) {
    const {body, client_id} = asked ?? {}
    answer()
    if (client_id !== composer.client_id.value) return
    hold(id || client_id, draft, body)
    if (isTouched) soon()
    look()
  } else if (!isTouched && !asked) {
    hold(id || uuid(), draft, words)
    text.value = words
    if (draft.hasAttribute('reply_to')) emit('parley:reply', Number(draft.getAttribute('reply_to')))
  }
  emit('parley:saved', words !== undefined)
}

function hold(id, draft, words) {
  composer.client_id.value = id
  saved = words
  savedAt = draft.getAttribute('saved_at')
  byId('other-draft')?.remove()
  const other = draft.content.querySelector('.other-draft')
  if (other) composer.prepend(other)
}

// The inbox says when a draft was saved: by another device, if not by this one.
function look() {
  const at = mark()
  if (asked || at === seen) return
  seen = at
  if (at === savedAt) return
  if (isTouched) part()
  else fetch(path, {headers: {'HX-Request': 'true'}}).then(answer => answer.text()).then(apply).catch(() => {})
}

// Other words were written elsewhere: those here are another draft.
export function part() {
  forget(uuid(), true)
  touch()
}

// Sent from another device, maybe with other words.
function end(li) {
  if (isTouched || !letters(li.querySelector('.body').textContent).includes(letters(text.value))) return part()
  forget(uuid())
  text.value = ''
  emit('parley:saved')
}

const letters = words => words.replace(/[^\p{L}\p{N}]/gu, '')

function forget(id, isKept = false) {
  composer.client_id.value = id
  saved = savedAt = ''
  isTouched = isKept
  if (isKept) return
  clearTimeout(timer)
  since = undefined
  answer()
  byId('other-draft')?.remove()
}

// A button that leads on from a draft: once that is saved.
async function go(event) {
  const {submitter} = event
  if (!submitter?.hasAttribute('formaction')) return
  event.preventDefault()
  const now = {...fields(), [submitter.name]: submitter.value}
  ask(now)
  if (await hand(submitter.getAttribute('formaction'), now)) {
    location.assign(`/chat/${conversation}/${submitter.name === 'later' ? 'later/' : ''}`)
  }
}

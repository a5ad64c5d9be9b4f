// A text of one's own is edited where one writes: the form of the message's page takes the composer's place.
// Escape leaves it. What cannot be saved at once is kept and sent later (outbox.js).

import {isSending} from './composer.js'
import {apply} from './frames.js'
import {isOff, isUp} from './live.js'
import {composer, emit, position, post, signIn, user} from './page.js'

const ANSWERED = 3000
const MARKED = 'Its marks are not known here. Try again when you are connected.'

let form, back, message

// The text of a message, or another one that was written for it.
export async function edit(li, text) {
  back = document.activeElement
  message = li
  const html = await formFrom(li.querySelector('.meta a').href)
  if (html === undefined) show(formHere(), text ?? li.querySelector('.body').textContent)
  else if (html) show(html, text)
}

async function formFrom(address) {
  let response
  try {
    response = await fetch(`${address}edit/`, {headers: {'HX-Request': 'true'}, signal: AbortSignal.timeout(ANSWERED)})
    if (response.ok) return await response.text()
  } catch {
    return undefined
  }
  return location.assign(`${address}#edit`) ?? ''
}

// Without the server the text is what the message shows, unless it has marks, which cannot be seen there.
function formHere() {
  const isMarked = message.querySelector('.body :not(a, br)')
  return `<form class="edit" id="edit" method="post" action="${message.querySelector('.meta a').href}edit/">
    <input type="hidden" name="revision" value="${message.dataset.revision}">
    <input type="hidden" name="author" value="${user}">
    <div class="field"><label for="text">Edit your text</label>
    ${isMarked ? `<p class="error" role="alert">${MARKED}</p>` : ''}
    <textarea id="text" name="body" rows="3" dir="auto" required ${isMarked ? 'readonly' : ''}></textarea></div>
    <p class="buttons">${isMarked ? '' : '<button class="button" type="submit">Save</button>'}</p></form>`
}

function show(html, text) {
  form?.remove()
  composer.insertAdjacentHTML('afterend', html)
  form = composer.nextElementSibling
  composer.hidden = true
  const cancel = document.createElement('button')
  cancel.type = 'button'
  cancel.className = 'button quiet'
  cancel.textContent = 'Cancel'
  cancel.addEventListener('click', leave)
  form.querySelector('.buttons')?.append(' ', cancel)
  form.addEventListener('submit', save)
  form.addEventListener('keydown', press)
  const field = form.querySelector('textarea')
  if (text !== undefined) field.value = text
  field.focus()
}

function press(event) {
  if (event.key === 'Escape') leave()
  else if (isSending(event) && form.body?.readOnly === false) form.requestSubmit()
  else return
  event.preventDefault()
}

async function save(event) {
  event.preventDefault()
  if (!isUp() && !isOff()) return saveLater()
  let response, text
  try {
    response = await post(form.action, new FormData(form), AbortSignal.timeout(ANSWERED))
    text = await response.text()
  } catch {
    return saveLater()
  }
  if (response.ok) {
    leave()
    apply(text)
  } else if (response.status === 401) signIn()
  else if (response.status === 409 || response.status === 422) show(text)
  else if (response.status === 429 || response.status >= 500) saveLater()
  else say('Not saved. The server could not take it.')
}

function saveLater() {
  const {body, revision} = form
  emit('parley:change', {
    kind: 'edit', position: position(message), body: body.value.trimEnd(), revision: Number(revision.value),
  })
  leave()
}

function say(sentence) {
  form.querySelector('.error')?.remove()
  const p = document.createElement('p')
  p.className = 'error'
  p.role = 'alert'
  p.textContent = sentence
  form.querySelector('textarea').before(p)
}

function leave() {
  form.remove()
  form = undefined
  composer.hidden = false
  const next = back?.isConnected && back !== document.body ? back : composer.body
  next.focus({preventScroll: true})
}

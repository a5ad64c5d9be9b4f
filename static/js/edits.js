// A text of one's own is edited where one writes: the form of the message's page takes the composer's place.
// Escape leaves it.

import {apply} from './frames.js'
import {composer, post, signIn} from './page.js'
import {isSending} from './writing.js'

const ANSWERED = 15_000

let form, back

export async function edit(message) {
  const {href} = message.querySelector('.meta a')
  back = document.activeElement
  try {
    const response = await fetch(`${href}edit/`, {headers: {'HX-Request': 'true'}})
    if (!response.ok) throw new Error(response.status)
    show(await response.text())
  } catch {
    location.assign(`${href}#edit`)
  }
}

function show(text) {
  form?.remove()
  composer.insertAdjacentHTML('afterend', text)
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
  form.querySelector('textarea').focus()
}

function press(event) {
  if (event.key === 'Escape') leave()
  else if (isSending(event)) form.requestSubmit()
  else return
  event.preventDefault()
}

async function save(event) {
  event.preventDefault()
  let response, text
  try {
    response = await post(form.action, new FormData(form), AbortSignal.timeout(ANSWERED))
    text = await response.text()
  } catch {
    return say('Not saved. The server could not be reached.')
  }
  if (response.ok) {
    leave()
    apply(text)
  } else if (response.status === 401) signIn()
  else if (response.status === 409 || response.status === 422) show(text)
  else say('Not saved. The server could not take it.')
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

// A click on a reaction adds one's own with the same emoji, or takes it back. What did not get through is said.

import {apply} from './frames.js'
import {byId, messages, on, post, signIn, user} from './page.js'

const ANSWERED = 15_000, SHOWN = 8_000

export function start() {
  if (!messages) return
  messages.addEventListener('click', toggle)
  messages.addEventListener('keydown', press)
  for (const event of ['htmx:after:swap', 'parley:drawn']) on(event, mark)
  mark()
}

const isOwn = ({dataset}) => dataset.by.split(' ').includes(user)

// They are links to the message's page, and buttons here.
function mark() {
  for (const link of messages.querySelectorAll('.reaction')) {
    link.role = 'button'
    link.ariaPressed = isOwn(link)
  }
}

function toggle(event) {
  const link = event.target.closest('.reaction')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  react(link.pathname, link.dataset.emoji, !isOwn(link))
}

function press(event) {
  if (event.key !== ' ' || !event.target.matches('.reaction')) return
  event.preventDefault()
  event.target.click()
}

export async function react(address, emoji, isOn) {
  byId('not-reacted')?.remove()
  try {
    const response = await post(`${address}react/`, {emoji, on: Number(isOn)}, AbortSignal.timeout(ANSWERED))
    const text = await response.text()
    if (response.ok) await apply(text)
    else if (response.status === 401) signIn()
    else say(response.status === 422 ? text : 'The server could not take your reaction. Try again.')
  } catch {
    say('Your reaction did not get through. Try again.')
  }
}

function say(sentence) {
  const p = document.createElement('div')
  p.id = 'not-reacted'
  p.role = 'alert'
  p.className = 'error'
  p.innerHTML = sentence
  document.querySelector('.foot').prepend(p)
  setTimeout(() => p.remove(), SHOWN)
}

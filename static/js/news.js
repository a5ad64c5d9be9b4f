// A screen reader reads aloud what is new, and not the history that loads.

import {messages, on, scroller} from './page.js'

const MOST = 5
const list = document.createElement('ul')

export function start() {
  if (!messages) return
  list.id = 'news'
  list.className = 'hidden'
  list.setAttribute('aria-live', 'polite')
  list.setAttribute('aria-label', 'New messages')
  scroller.after(list)
  scroller.setAttribute('aria-live', 'off')
  on('parley:new', tell)
  on('parley:arrived', retell)
  on('htmx:before:request', ({ctx}) => setBusy(messages.contains(ctx.sourceElement)))
  on('htmx:finally:request', () => setBusy(false))
}

const itemOf = message => list.querySelector(`[data-of="${message.id}"]`)

const words = message =>
  ['.author', '.body'].map(part => message.querySelector(part).textContent.trim()).join(': ')

function retell(message) {
  const li = itemOf(message)
  if (message.matches('.unsent')) li?.remove()
  else if (li && li.textContent !== words(message)) li.textContent = words(message)
}

function tell(message) {
  const li = document.createElement('li')
  li.dataset.of = message.id
  li.textContent = words(message)
  list.append(li)
  if (list.children.length > MOST) list.firstElementChild.remove()
}

function setBusy(isBusy) {
  messages.setAttribute('aria-busy', isBusy)
}

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
  on('parley:arrived', message => { if (message.matches('.unsent')) itemOf(message)?.remove() })
  on('htmx:before:request', ({ctx}) => setBusy(messages.contains(ctx.sourceElement)))
  on('htmx:finally:request', () => setBusy(false))
}

const itemOf = message => list.querySelector(`[data-of="${message.id}"]`)

function tell(message) {
  const li = document.createElement('li')
  li.dataset.of = message.id
  const [author, body] = ['.author', '.body'].map(part => message.querySelector(part).textContent.trim())
  li.textContent = `${author}: ${body}`
  list.append(li)
  if (list.children.length > MOST) list.firstElementChild.remove()
}

function setBusy(isBusy) {
  messages.setAttribute('aria-busy', isBusy)
}

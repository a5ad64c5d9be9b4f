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
  on('htmx:before:request', ({ctx}) => setBusy(messages.contains(ctx.sourceElement)))
  on('htmx:finally:request', () => setBusy(false))
}

function tell(message) {
  const li = document.createElement('li')
  const [author, body] = ['.author', '.body'].map(part => message.querySelector(part).textContent.trim())
  li.textContent = `${author}: ${body}`
  list.append(li)
  if (list.children.length > MOST) list.firstElementChild.remove()
}

function setBusy(isBusy) {
  messages.setAttribute('aria-busy', isBusy)
}

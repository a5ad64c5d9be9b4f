// A message counts as read once it stood at the end of a visible page; each position is told once. What is unread shows
// in the inbox, where the open conversation stays marked, and before the title.

import {byId, conversation, live, messages, on, post, scroller} from './page.js'
import {send, up} from './live.js'
import {atNewest} from './scroll.js'

const entry = () => byId('conversation-' + conversation)
// A conversation may itself be called “(5) party”.
const prefix = count => count > 0 ? `(${count}) ` : ''
let unread = +document.querySelector('title').dataset.unread || 0
const name = document.title.slice(prefix(unread).length)
let told = 0, waiting

on('parley:unread', title)
if (messages) {
  on('htmx:after:swap', soon)
  on('parley:up', soon)
  on('parley:down', () => { told = 0 })
  on('visibilitychange', soon)
  scroller.addEventListener('scroll', soon, {passive: true})
}

function soon() {
  entry()?.querySelector('a').setAttribute('aria-current', 'page')
  waiting ??= setTimeout(look, 100)
}

function look() {
  waiting = null
  const position = +[...messages.querySelectorAll('[data-position]')].at(-1)?.dataset.position
  if (!(position > told) || document.hidden || !atNewest() || !up()) return
  told = position
  const untold = () => { told = 0 }
  if (!send({type: 'read', position})) post(live.dataset.live + 'read/', {position}).then(({ok}) => ok || untold(), untold)
  const li = entry()
  if (!+li?.dataset.unread) return
  title(unread - li.dataset.unread)
  li.dataset.unread = 0
  li.querySelector('b')?.remove()
}

function title(count) {
  unread = count
  document.title = prefix(unread) + name
}

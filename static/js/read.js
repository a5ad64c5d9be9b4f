// A message counts as read once it was on screen in an attended window: it has the focus, or a key, pointer or wheel
// was used in the last minute. Each position is sent once. What is unread shows in the inbox, where the open
// conversation stays marked, and before the title.

import {isUp, send} from './live.js'
import {byId, conversation, live, messages, on, post, scroller} from './page.js'
import {lastSeen, unreadBelow} from './scroll.js'

const DELAY = 100, ATTENTION = 60_000

const icon = document.querySelector('link[rel=icon]')
const {href} = icon

let unread = Number(document.querySelector('title').dataset.unread ?? 0)
// A conversation may itself be called “(5) party”.
let name = document.title.slice(prefix(unread).length)
let sent = 0, timer, attentiveAt = -ATTENTION

// Up to where this page has said so.
export const saidRead = () => sent

export function start() {
  title(unread)
  on('parley:unread', title)
  on('parley:titled', words => {
    name = `${words} — Parley`
    title(unread)
  })
  if (!messages) return
  for (const event of ['htmx:after:swap', 'parley:up', 'visibilitychange']) on(event, soon)
  on('parley:down', sendAgain)
  scroller.addEventListener('scroll', soon, {passive: true})
  for (const event of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'focus']) {
    addEventListener(event, attend, {passive: true})
  }
}

function attend() {
  attentiveAt = performance.now()
  soon()
}

const isAttended = () => !document.hidden && (document.hasFocus() || performance.now() - attentiveAt < ATTENTION)

function soon() {
  entry()?.querySelector('a').setAttribute('aria-current', 'page')
  if (!timer) timer = setTimeout(look, DELAY)
}

function look() {
  timer = undefined
  const last = lastSeen()
  if (last <= sent || !isAttended() || !isUp()) return
  sent = last
  if (!send({type: 'read', position: last})) postRead(last)
  if (!unreadBelow()) markRead(entry())
}

function postRead(last) {
  post(`${live.dataset.live}read/`, {position: last}).then(({ok}) => { if (!ok) sendAgain() }, sendAgain)
}

function sendAgain() {
  sent = 0
}

function markRead(li) {
  const count = Number(li?.dataset.unread ?? 0)
  if (!count) return
  title(unread - count)
  li.dataset.unread = 0
  li.classList.remove('unread')
  for (const badge of li.querySelectorAll('.badge')) badge.remove()
}

function title(count) {
  unread = count
  document.title = prefix(unread) + name
  icon.href = unread > 0 ? href.replace('parley.svg', 'unread.svg') : href
}

function prefix(count) {
  return count > 0 ? `(${count}) ` : ''
}

function entry() {
  return byId(`conversation-${conversation}`)
}

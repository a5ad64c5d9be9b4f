// The view follows the newest message if one is there (scrollTop is 0); else a button says how many are new and leads
// there, and what one looks at stays in its place. At most 300 messages are kept: a link loads again what is trimmed.

import {composer, live, messages, on, scroller, user} from './page.js'
import {outside} from './frames.js'

const MOST = 300, SPARE = 20, NEAR = 60
const jump = document.createElement('button')
const newer = () => messages.querySelector('.newer')
const held = () => [...messages.querySelectorAll('[data-position]')]
const position = li => +li?.dataset.position || 0
// Where no browser holds the view by itself; at the very bottom none does.
const loose = !CSS.supports('overflow-anchor: auto')

let bottom = true, leading = false, count = 0, newest, mark, top

export const atNewest = () => bottom && !newer()

if (messages) {
  jump.id = 'jump'
  jump.type = 'button'
  jump.hidden = true
  composer.after(jump)
  newest = position(held().at(-1))
  const at = new URLSearchParams(location.search).get('at')
  held().find(li => li.dataset.position === at)?.scrollIntoView({block: 'center'})
  scroller.addEventListener('scroll', look, {passive: true})
  jump.addEventListener('click', toNewest)
  on('parley:sent', toNewest)
  on('parley:arrived', arrived)
  on('htmx:before:swap', hold)
  on('htmx:after:swap', release)
  // A load that failed on a lost line is tried again.
  on('parley:up', () => messages.querySelectorAll('.older a, .newer a').forEach(link => htmx.process(link, true)))
  look()
}

async function toNewest() {
  if (newer()) await htmx.ajax('GET', live.dataset.live, {target: messages, swap: 'innerHTML'})
  scroller.scrollTop = 0
  leading = true
  look()
}

function look() {
  bottom = scroller.scrollTop > -NEAR
  if (!bottom || !newer()) leading = false
  paint()
}

function arrived(li) {
  if (position(li) <= newest) return
  newest = position(li)
  if (li.dataset.author !== user) count++
}

function paint() {
  if (jump.hidden = atNewest()) count = 0
  jump.textContent = count ? `${count} new message${count > 1 ? 's' : ''}` : 'Newest messages'
}

function hold() {
  mark = null
  if (leading || atNewest() || !bottom && !loose) return
  const middle = scroller.getBoundingClientRect().top + scroller.clientHeight / 2
  mark = held().find(li => li.getBoundingClientRect().bottom > middle)
  top = mark?.getBoundingClientRect().top
}

function release() {
  trim()
  if (mark?.isConnected) scroller.scrollTop += mark.getBoundingClientRect().top - top
  if (!newer()) leading = false
  paint()
}

function trim() {
  const all = held()
  const excess = all.length > MOST ? all.length - MOST + SPARE : 0
  if (excess && -scroller.scrollTop > (scroller.scrollHeight - scroller.clientHeight) / 2) {
    all.splice(-excess).forEach(li => li.remove())
    link('newer', 'Newer messages', `after=${position(all.at(-1))}`, all.at(-1))
  } else if (excess) {
    all.splice(0, excess)
    while (all[0].previousElementSibling) all[0].previousElementSibling.remove()
    link('older', 'Older messages', `before=${position(all[0])}`)
  }
  // What came while a page that takes itself for the newest was on its way.
  const last = all.at(-1)
  if (last && !newer() && [...outside.values()].some(li => position(li) > position(last))) {
    link('newer', 'Newer messages', `after=${position(last)}`, last)
  }
}

function link(kind, words, query, after) {
  if (after) newer()?.remove()
  const li = document.createElement('li')
  const url = `${live.dataset.live}?${query}`
  li.className = kind
  li.innerHTML = `<a href="${url}" hx-get="${url}" hx-trigger="intersect once, click" hx-target="closest li"
    hx-swap="outerHTML">${words}</a>`
  after ? after.after(li) : messages.prepend(li)
  htmx.process(li)
}

// The view follows the newest message only if one is there; else a button tells how many are new and leads there. What
// one looks at stays where it is whatever comes above or below. (At the bottom of the reversed column scrollTop is 0.)

import {live, messages, on, scroller, user} from './page.js'

const NEAR = 60
const jump = document.getElementById('jump')
const newer = () => messages.querySelector('.newer')
const newest = () => Math.max(0, ...[...messages.querySelectorAll('[data-position]')].slice(-1).map(li => +li.dataset.position))

let bottom = true, count = 0, seen = 0, mark, top

export const atNewest = () => bottom && !newer()

if (messages) {
  seen = newest()
  const at = new URLSearchParams(location.search).get('at')
  messages.querySelector(`[data-position="${CSS.escape(at)}"]`)?.scrollIntoView({block: 'center'})
  scroller.addEventListener('scroll', look, {passive: true})
  jump.addEventListener('click', toNewest)
  on('parley:sent', toNewest)
  on('parley:arrived', arrived)
  on('htmx:before:swap', hold)
  on('htmx:after:swap', release)
  look()
}

async function toNewest() {
  if (newer()) await htmx.ajax('GET', live.dataset.live, {target: messages, swap: 'innerHTML'}).catch(() => {})
  scroller.scrollTop = 0
  look()
}

function look() {
  bottom = scroller.scrollTop > -NEAR
  if (atNewest()) count = 0
  paint()
}

function arrived({dataset}) {
  if (+dataset.position <= seen) return
  seen = +dataset.position
  if (!atNewest() && dataset.author !== user) count++
}

function paint() {
  jump.hidden = atNewest()
  jump.textContent = count ? `${count} new message${count > 1 ? 's' : ''}` : 'Newest messages'
}

function hold() {
  mark = null
  if (atNewest()) return
  const middle = scroller.getBoundingClientRect().top + scroller.clientHeight / 2
  mark = [...messages.querySelectorAll('.message')].find(li => li.getBoundingClientRect().bottom > middle)
  top = mark?.getBoundingClientRect().top
}

function release() {
  if (mark?.isConnected) scroller.scrollTop += mark.getBoundingClientRect().top - top
  look()
}

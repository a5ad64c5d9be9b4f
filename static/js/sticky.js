// The day of what stands at the top of the view stays in sight while one scrolls.

import {nameDay} from './clock.js'
import {held, messages, on, scroller} from './page.js'

const day = document.createElement('p')
const name = document.createElement('span')

export function start() {
  if (!messages) return
  day.className = 'day-in-sight'
  // Readers have the headings.
  day.ariaHidden = 'true'
  day.append(name)
  scroller.after(day)
  scroller.addEventListener('scroll', show, {passive: true})
  on('htmx:after:swap', show)
  show()
}

function show() {
  const {top} = scroller.getBoundingClientRect()
  const first = held().find(li => li.getBoundingClientRect().bottom > top)
  const heading = first?.querySelector('.day')
  day.hidden = !first || heading?.getBoundingClientRect().top >= top
  if (!day.hidden) name.textContent = nameDay(new Date(Number(first.dataset.created)))
}

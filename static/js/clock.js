// Times, days and runs of one author are those of the reader's zone; the server's, in UTC, stand until then.

import {continues, dayName, isSameDay} from './days.js'
import {messages, on} from './page.js'

const TIMES = ':is(.message time, #inbox time, #presence time):not(.day time, [title])'
// The page's language, as the reader's region writes it, else as the server does.
const locale = navigator.languages.find(tag => tag.split('-')[0] === document.documentElement.lang) ?? 'en-GB'
const format = options => new Intl.DateTimeFormat(locale, options)
const clock = format({hour: 'numeric', minute: '2-digit'})
const short = format({day: 'numeric', month: 'short'})
const full = format({dateStyle: 'full', timeStyle: 'short'})

export function start() {
  for (const event of ['htmx:after:swap', 'parley:drawn', 'visibilitychange']) on(event, localize)
  localize()
}

function localize() {
  const now = new Date()
  for (const time of document.querySelectorAll(TIMES)) writeTime(time, now)
  let before
  for (const li of messages?.querySelectorAll('.message') ?? []) {
    separate(li, before, now)
    before = li
  }
}

function writeTime(time, now) {
  const date = new Date(time.dateTime)
  const isDated = time.closest('#inbox, #presence') && !isSameDay(date, now)
  time.textContent = (isDated ? short : clock).format(date)
  time.title = full.format(date)
}

function separate(li, before, now) {
  const date = new Date(Number(li.dataset.created))
  const heading = li.querySelector('.day')
  li.classList.toggle('continued', !!before && continues(li, before, messages.dataset.run))
  if (before && isSameDay(date, new Date(Number(before.dataset.created)))) {
    heading?.remove()
    return
  }
  const words = dayName(date, now, locale)
  if (heading?.textContent.trim() !== words) li.prepend(dayHeading(date, words, heading))
}

function dayHeading(date, words, old) {
  const time = document.createElement('time')
  time.dateTime = date.toLocaleDateString('sv')
  time.textContent = words
  const heading = old ?? document.createElement('h2')
  heading.className = 'day'
  heading.replaceChildren(time)
  return heading
}

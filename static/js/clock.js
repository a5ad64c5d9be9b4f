// Times, days and runs of one author are those of the reader's zone; the server's, in UTC, stand until then. After
// midnight they are called anew.

import {continues, dayName, isRecent, isSameDay} from './days.js'
import {messages, on} from './page.js'

const TIMES
  = ':is(.message time, .event time, #inbox time, #presence time, #outcome time, .hits time, .full):not(.day time)'
const MINUTE = 60_000
// The page's language, as the reader's region writes it, else as the server does.
const locale = navigator.languages.find(tag => tag.split('-')[0] === document.documentElement.lang) ?? 'en-GB'
const format = options => new Intl.DateTimeFormat(locale, options)
const clock = format({hour: 'numeric', minute: '2-digit'})
const short = format({day: 'numeric', month: 'short'})
const full = format({dateStyle: 'full', timeStyle: 'short'})

let written

export function start() {
  for (const event of ['htmx:after:swap', 'parley:drawn', 'visibilitychange']) on(event, localize)
  // A machine that slept through midnight has missed a single timer.
  setInterval(() => { if (!isSameDay(written, new Date())) localize() }, MINUTE)
  localize()
}

export const nameDay = date => dayName(date, new Date(), locale)

export function localize() {
  const now = new Date()
  const isNewDay = !written || !isSameDay(written, now)
  written = now
  for (const time of document.querySelectorAll(isNewDay ? TIMES : `${TIMES}:not([title])`)) writeTime(time, now)
  let before
  for (const li of messages?.querySelectorAll('.message, .event') ?? []) {
    separate(li, before, now)
    before = li
  }
}

function writeTime(time, now) {
  const date = new Date(time.dateTime)
  time.textContent = words(time, date, now)
  time.title = full.format(date)
}

function words(time, date, now) {
  if (time.className === 'edited') return time.textContent
  if (time.className === 'full') return full.format(date)
  if (isSameDay(date, now) || !time.closest('#inbox, #presence, .hits')) return clock.format(date)
  return time.closest('#inbox, .hits') && isRecent(date, now) ? dayName(date, now, locale) : short.format(date)
}

function separate(li, before, now) {
  const date = new Date(Number(li.dataset.created))
  const heading = li.querySelector('.day')
  li.classList.toggle('continued', !!before && continues(li, before, messages.dataset.run))
  if (before && isSameDay(date, new Date(Number(before.dataset.created)))) {
    heading?.remove()
    return
  }
  const name = dayName(date, now, locale)
  if (heading?.textContent.trim() !== name) li.prepend(dayHeading(date, name, heading))
}

function dayHeading(date, name, old) {
  const time = document.createElement('time')
  time.dateTime = date.toLocaleDateString('sv')
  time.textContent = name
  const heading = old ?? document.createElement('h2')
  heading.className = 'day'
  heading.replaceChildren(time)
  return heading
}

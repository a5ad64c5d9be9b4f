// Times, days and runs of one author are those of the reader's zone; the server's, in UTC, stand until then.

import {messages, on} from './page.js'

const RUN = 300000
// The page's language, as the reader's region writes it, else as the server does.
const locale = navigator.languages.find(tag => tag.split('-')[0] === document.documentElement.lang) ?? 'en-GB'
const format = options => new Intl.DateTimeFormat(locale, options)
const clock = format({hour: 'numeric', minute: '2-digit'})
const short = format({day: 'numeric', month: 'short'})
const long = format({weekday: 'long', day: 'numeric', month: 'long', year: 'numeric'})
const full = format({dateStyle: 'full', timeStyle: 'short'})

for (const event of ['htmx:after:swap', 'parley:drawn']) on(event, localize)
localize()

function localize() {
  for (const time of document.querySelectorAll(':is(.message > time, #inbox time, #presence time):not([title])')) {
    const date = new Date(time.dateTime)
    const dated = time.closest('#inbox, #presence')
    time.textContent = (dated && date.toDateString() !== new Date().toDateString() ? short : clock).format(date)
    time.title = full.format(date)
    time.parentNode.follows = null
  }
  let before
  for (const li of messages?.querySelectorAll('.message') ?? []) {
    const follows = before?.id ?? ''
    if (li.follows !== follows) separate(li, before)
    li.follows = follows
    before = li
  }
}

function separate(li, before) {
  const date = new Date(+li.dataset.created)
  const sameDay = before && date.toDateString() === new Date(+before.dataset.created).toDateString()
  const heading = li.querySelector('.day')
  const run = sameDay && li.dataset.author === before.dataset.author && li.dataset.created - before.dataset.created < RUN
  li.classList.toggle('continued', !!run)
  if (sameDay) return heading?.remove()
  const day = heading ?? document.createElement('h2')
  const words = long.format(date)
  if (day.textContent === words) return
  day.className = 'day'
  const time = document.createElement('time')
  time.dateTime = date.toLocaleDateString('sv')
  time.textContent = words
  day.replaceChildren(time)
  li.prepend(day)
}

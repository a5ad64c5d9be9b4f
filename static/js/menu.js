// The menu of what can be done with a message, as its own page has it. It is loaded when it is first opened.

import {edit} from './actions.js'
import {offer} from './copy.js'
import {apply} from './frames.js'
import {byId, emit, live, position, post, user} from './page.js'
import {pick} from './pick.js'
import {load} from './quotes.js'
import {react} from './reactions.js'

const GAP = 8, ANSWERED = 3000
// What is done here, not on another page, by the name of its entry's attribute.
const WAYS = {
  edit, reply: li => emit('parley:reply', position(li)), unsend: ask, unsending: unsend, keep: () => opener.focus(),
  pick: pickReaction,
}
const menu = document.createElement('div')

let message, opener, where

menu.className = 'menu actions-menu'
menu.popover = 'auto'
menu.addEventListener('keydown', go)
menu.addEventListener('click', choose)
menu.addEventListener('submit', submit)
menu.addEventListener('toggle', ({newState}) => {
  if (opener.ariaHasPopup) opener.ariaExpanded = newState === 'open'
})
byId('conversation').append(menu)

export async function open(li, beside) {
  const {href} = li.querySelector('.meta a')
  message = li
  load()
  opener = beside
  where = beside.getBoundingClientRect()
  let response
  try {
    response = await fetch(href, {headers: {'HX-Request': 'true'}, signal: AbortSignal.timeout(ANSWERED)})
    if (!response.ok) return location.assign(href)
    show(await response.text())
  } catch {
    show(entriesHere())
  }
}

// What can be done without the server: it is sent later.
function entriesHere() {
  const isUnsent = message.classList.contains('unsent'), isOwn = message.dataset.author === user
  const entry = (name, words) => `<a class="row" href="#" data-${name}><b>${words}</b></a>`
  return `<div class="rows actions" role="group" aria-label="What you can do">${isUnsent ? '' : entry('reply', 'Reply')}
    <button class="row" type="button" data-copy="link" hidden><b aria-live="polite">Copy link</b></button>
    ${isOwn && !isUnsent ? entry('edit', 'Edit') + entry('unsend', 'Unsend…') : ''}</div>`
}

function show(html) {
  menu.innerHTML = html
  const list = menu.querySelector('.actions')
  list.role = 'menu'
  offer(menu, message)
  for (const button of menu.querySelectorAll('[data-pick]')) button.hidden = false
  for (const item of items()) {
    item.role = item.ariaPressed ? 'menuitemcheckbox' : 'menuitem'
    item.ariaChecked = item.ariaPressed
    item.ariaPressed = null
    item.tabIndex = -1
  }
  menu.showPopover()
  place(where)
  items()[0].focus()
}

function ask() {
  show(`<p class="hint" id="asked">Its text is deleted for everyone.</p>
    <div class="rows actions" aria-label="Unsend this message?" aria-describedby="asked">
    <button class="row danger" type="button" data-unsending><b>Unsend message</b></button>
    <button class="row" type="button" data-keep><b>Keep it</b></button></div>`)
}

function unsend(li) {
  emit('parley:change', {kind: 'unsend', position: position(li), revision: Number(li.dataset.revision)})
}

function place({left, right, top, bottom}) {
  const x = document.dir === 'rtl' ? right - menu.offsetWidth : left
  const y = bottom + menu.offsetHeight + GAP > innerHeight ? top - menu.offsetHeight : bottom
  menu.style.setProperty('--x', `${Math.max(GAP, Math.min(x, innerWidth - menu.offsetWidth - GAP))}px`)
  menu.style.setProperty('--y', `${Math.max(GAP, y)}px`)
}

const items = () => [...menu.querySelectorAll('a, button')].filter(item => !item.hidden)

function go(event) {
  const all = items(), at = all.indexOf(document.activeElement)
  const below = all.findIndex(item => !item.closest('.quick'))
  const next = {
    ArrowDown: Math.max(at + 1, below), ArrowUp: above(at, below, all.length),
    ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1,
  }[event.key]
  if (next !== undefined) all[next % all.length].focus()
  else if (event.key === 'Escape' || event.key === 'Tab') menu.hidePopover()
  else return
  event.preventDefault()
}

// From the row of reactions to the end, and from below that row to its beginning.
function above(at, below, number) {
  if (at < below) return number - 1
  return at === below && below ? 0 : at - 1 + number
}

function submit(event) {
  const form = event.target, {emoji, on} = form
  if (!form.matches('[data-react], [data-change]')) return
  event.preventDefault()
  menu.hidePopover()
  if (emoji) react(message, emoji.value, on.value === '1')
  else change(form)
}

function choose(event) {
  const {dataset} = event.target.closest('a, button') ?? {}
  const chosen = dataset && Object.keys(WAYS).find(name => name in dataset)
  if (!chosen) return
  event.preventDefault()
  menu.hidePopover()
  WAYS[chosen](message)
}

// Where that does not work, the form is sent as without a script: its page says why.
async function change(form) {
  const response = await post(form.action, new FormData(form)).catch(() => ({}))
  if (!response.ok) form.submit()
  else if (response.status === 204) markStarred()
  else await apply(await response.text())
}

// What one keeps is marked by a style sheet of one's own.
function markStarred() {
  const old = byId('starred'), fresh = document.createElement('link')
  fresh.id = 'starred'
  fresh.rel = 'stylesheet'
  fresh.href = `${live.dataset.live}starred.css?${Date.now()}`
  fresh.addEventListener('load', () => old?.remove())
  document.head.append(fresh)
}

function pickReaction(li) {
  pick(li.querySelector('.bubble'), emoji => react(li, emoji, true))
    .catch(() => location.assign(`${li.querySelector('.meta a').href}#reactions`))
}

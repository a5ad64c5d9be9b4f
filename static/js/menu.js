// The menu of what can be done with a message, as its own page has it. It is loaded when it is first opened.

import {edit} from './actions.js'
import {offer} from './copy.js'
import {byId, emit, position} from './page.js'
import {pick} from './pick.js'
import {load} from './quotes.js'
import {react} from './reactions.js'

const GAP = 8
// What is done here, not on another page, by the name of its entry's attribute.
const WAYS = {edit, reply: li => emit('parley:reply', position(li)), pick: pickReaction}
const menu = document.createElement('div')

let message, opener

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
  try {
    const response = await fetch(href, {headers: {'HX-Request': 'true'}})
    if (!response.ok) throw new Error(response.status)
    menu.innerHTML = await response.text()
  } catch {
    location.assign(href)
    return
  }
  menu.firstElementChild.role = 'menu'
  offer(menu, li)
  for (const button of menu.querySelectorAll('[data-pick]')) button.hidden = false
  for (const item of items()) {
    item.role = item.ariaPressed ? 'menuitemcheckbox' : 'menuitem'
    item.ariaChecked = item.ariaPressed
    item.ariaPressed = null
    item.tabIndex = -1
  }
  menu.showPopover()
  place(beside.getBoundingClientRect())
  items()[0].focus()
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
  if (!event.target.matches('[data-react]')) return
  event.preventDefault()
  menu.hidePopover()
  const {emoji, on} = event.target
  react(message.querySelector('.meta a').pathname, emoji.value, on.value === '1')
}

function choose(event) {
  const {dataset} = event.target.closest('a, button') ?? {}
  const chosen = dataset && Object.keys(WAYS).find(name => name in dataset)
  if (!chosen) return
  event.preventDefault()
  menu.hidePopover()
  WAYS[chosen](message)
}

function pickReaction(li) {
  const {href, pathname} = li.querySelector('.meta a')
  pick(li.querySelector('.bubble'), emoji => react(pathname, emoji, true))
    .catch(() => location.assign(`${href}#reactions`))
}

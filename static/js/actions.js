// What can be done with a message, as its own page has it, in a menu: by a button beside the message, a long press, or
// Enter or the menu key on it. Where there are no popovers, the time leads to the page.

import {offer} from './copy.js'
import {edit} from './edits.js'
import {byId, messages} from './page.js'

const LONG = 500, STILL = 10, GAP = 8
const menu = document.createElement('div')
const button = document.createElement('button')

let message, pressing, pressedAt

export function start() {
  if (!messages || !menu.showPopover) return
  menu.className = 'menu actions-menu'
  menu.popover = 'auto'
  button.className = 'icon icon-more more'
  button.type = 'button'
  button.tabIndex = -1
  button.ariaHasPopup = 'menu'
  button.innerHTML = '<span class="label">Actions</span>'
  byId('conversation').append(menu)
  for (const event of ['pointerover', 'focusin']) messages.addEventListener(event, ({target}) => offerTo(target))
  messages.addEventListener('keydown', press)
  messages.addEventListener('contextmenu', replace)
  messages.addEventListener('pointerdown', hold)
  for (const event of ['pointerup', 'pointercancel', 'pointermove']) messages.addEventListener(event, letGo)
  button.addEventListener('click', () => open(button.closest('.message'), button))
  menu.addEventListener('keydown', go)
  menu.addEventListener('click', choose)
  menu.addEventListener('toggle', ({newState}) => { button.ariaExpanded = newState === 'open' })
}

// The button stands on the open side of the bubble.
function offerTo(target) {
  const li = target.closest('.message')
  if (!li?.dataset.position || li.contains(button)) return
  const bubble = li.querySelector('.bubble').getBoundingClientRect(), row = li.getBoundingClientRect()
  li.append(button)
  const before = bubble.left - row.left, after = row.right - bubble.right
  const x = before > after ? before - button.offsetWidth : bubble.right - row.left
  button.style.left = `${x}px`
  button.style.top = `${bubble.top - row.top + (bubble.height - button.offsetHeight) / 2}px`
}

async function open(li, beside) {
  const {href} = li.querySelector('.meta a')
  message = li
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
  for (const item of items()) {
    item.role = 'menuitem'
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

function press(event) {
  const {key, shiftKey, target} = event
  if (!target.matches('[data-position]')) return
  if (key !== 'Enter' && key !== 'ContextMenu' && !(key === 'F10' && shiftKey)) return
  event.preventDefault()
  open(target, target.querySelector('.bubble'))
}

// A mouse has the browser's own menu.
function replace(event) {
  if (event.pointerType !== undefined && event.pointerType !== 'mouse') event.preventDefault()
}

function hold({pointerType, target, clientX, clientY}) {
  const li = target.closest('[data-position]')
  if (pointerType === 'mouse' || !li || target.closest('a, button')) return
  pressedAt = {clientX, clientY}
  pressing = setTimeout(open, LONG, li, li.querySelector('.bubble'))
}

function letGo({type, clientX, clientY}) {
  const isStill = type === 'pointermove' && pressedAt
    && Math.hypot(clientX - pressedAt.clientX, clientY - pressedAt.clientY) < STILL
  if (!isStill) clearTimeout(pressing)
}

function go(event) {
  const all = items(), at = all.indexOf(document.activeElement)
  const next = {ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1}[event.key]
  if (next !== undefined) all[next % all.length].focus()
  else if (event.key === 'Escape' || event.key === 'Tab') menu.hidePopover()
  else return
  event.preventDefault()
}

function choose(event) {
  if (!event.target.closest('[data-edit]')) return
  event.preventDefault()
  menu.hidePopover()
  edit(message)
}

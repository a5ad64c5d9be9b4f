// What can be done with a message, as its own page has it, in a menu: by a button beside the message, a long press, or
// Enter or the menu key on it. Where there are no popovers, the time leads to the page. ↑ in an empty composer
// edits the last text of one's own.

import {composer, held, messages, on, user} from './page.js'
import * as quotes from './quotes.js'

const LONG = 500, STILL = 10
const button = document.createElement('button')

let pressing, pressedAt

export function start() {
  if (!messages) return
  composer?.body.addEventListener('keydown', editLast)
  if (!button.showPopover) return
  button.className = 'icon icon-more more'
  button.type = 'button'
  button.tabIndex = -1
  button.ariaHasPopup = 'menu'
  button.innerHTML = '<span class="label">Actions</span>'
  for (const event of ['pointerover', 'focusin']) messages.addEventListener(event, ({target}) => offerTo(target))
  messages.addEventListener('keydown', press)
  messages.addEventListener('contextmenu', replace)
  messages.addEventListener('pointerdown', hold)
  for (const event of ['pointerup', 'pointercancel', 'pointermove']) messages.addEventListener(event, letGo)
  messages.addEventListener('pointerover', loadAll, {once: true})
  on('parley:edit', ({li, text}) => edit(li, text))
  button.addEventListener('click', () => open(button.closest('.message'), button))
}

export async function edit(li, text) {
  const edits = await import('./edits.js').catch(() => location.assign(`${li.querySelector('.meta a').href}#edit`))
  edits?.edit(li, text)
}

// While the server is there to ask.
function loadAll() {
  for (const load of [() => import('./menu.js'), () => import('./edits.js'), quotes.load]) load().catch(() => {})
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
  const menu = await import('./menu.js').catch(() => location.assign(li.querySelector('.meta a').href))
  menu?.open(li, beside)
}

function press(event) {
  const {key, shiftKey, target} = event
  if (!target.matches('.message[data-position]')) return
  if (key !== 'Enter' && key !== 'ContextMenu' && !(key === 'F10' && shiftKey)) return
  event.preventDefault()
  open(target, target.querySelector('.bubble'))
}

// A mouse has the browser's own menu.
function replace(event) {
  if (event.pointerType !== undefined && event.pointerType !== 'mouse') event.preventDefault()
}

function hold({pointerType, target, clientX, clientY}) {
  const li = target.closest('.message[data-position]')
  if (pointerType === 'mouse' || !li || target.closest('a, button')) return
  pressedAt = {clientX, clientY}
  pressing = setTimeout(open, LONG, li, li.querySelector('.bubble'))
}

function letGo({type, clientX, clientY}) {
  const isStill = type === 'pointermove' && pressedAt
    && Math.hypot(clientX - pressedAt.clientX, clientY - pressedAt.clientY) < STILL
  if (!isStill) clearTimeout(pressing)
}

function editLast(event) {
  const {key, isComposing, ctrlKey, metaKey, altKey, shiftKey} = event
  if (key !== 'ArrowUp' || composer.body.value || isComposing || ctrlKey || metaKey || altKey || shiftKey) return
  const last = held().findLast(li => li.matches(`[data-author="${user}"]:not(.unsent)`))
  if (!last) return
  event.preventDefault()
  edit(last)
}

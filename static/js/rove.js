// The log is one stop of the Tab key: there the arrows go from message to message.

import {messages, on, scroller} from './page.js'

let active

export function start() {
  if (!messages) return
  scroller.addEventListener('keydown', press)
  messages.addEventListener('focusin', ({target}) => activate(target.closest('.message')))
  for (const event of ['htmx:after:swap', 'parley:drawn']) on(event, settle)
  settle()
}

function press(event) {
  const {key, target, ctrlKey, metaKey, altKey, shiftKey} = event
  if (ctrlKey || metaKey || altKey || shiftKey) return
  if (target !== scroller && !target.matches('.message')) return
  const next = neighbour(key, target)
  if (!next) return
  event.preventDefault()
  activate(next)
  next.focus()
}

function neighbour(key, from) {
  const all = [...messages.querySelectorAll('.message')]
  const way = {ArrowUp: -1, ArrowDown: 1}[key]
  if (from === scroller) return way && inSight(all)
  return {Home: all[0], End: all.at(-1)}[key] ?? (way && all[all.indexOf(from) + way])
}

function inSight(all) {
  const {bottom} = scroller.getBoundingClientRect()
  return all.findLast(li => li.getBoundingClientRect().top < bottom)
}

function activate(li) {
  if (!li || li === active) return
  if (active) active.tabIndex = -1
  active = li
  settle()
}

// What comes anew is no stop of its own.
function settle() {
  for (const link of messages.querySelectorAll('.meta a, #outcome a, .reaction')) link.tabIndex = -1
  if (!active?.isConnected) active = undefined
  for (const link of active?.querySelectorAll('.reaction') ?? []) link.tabIndex = 0
  if (active) active.tabIndex = 0
  scroller.tabIndex = active ? -1 : 0
}

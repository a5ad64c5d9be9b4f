// A click on a reaction adds one's own with the same emoji, or takes it back. It stands on the message at once, until it
// is stored. What is refused is said.

import {byId, emit, messages, on, position, user} from './page.js'

const SHOWN = 8_000

export function start() {
  if (!messages) return
  messages.addEventListener('click', toggle)
  messages.addEventListener('keydown', press)
  for (const event of ['htmx:after:swap', 'parley:drawn']) on(event, mark)
  mark()
}

const idsOf = ({dataset}) => dataset.by.split(' ').filter(Boolean)
const isOwn = link => idsOf(link).includes(user)
const find = (li, emoji) => [...li.querySelectorAll('.reaction')].find(({dataset}) => dataset.emoji === emoji)

// They are links to the message's page, and buttons here.
function mark() {
  for (const link of messages.querySelectorAll('.reaction')) {
    link.role = 'button'
    link.ariaPressed = isOwn(link)
  }
}

function toggle(event) {
  const link = event.target.closest('.reaction')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  react(link.closest('.message'), link.dataset.emoji, !isOwn(link))
}

function press(event) {
  if (event.key !== ' ' || !event.target.matches('.reaction')) return
  event.preventDefault()
  event.target.click()
}

export function react(li, emoji, isOn) {
  byId('not-reacted')?.remove()
  emit('parley:change', {kind: 'react', position: position(li), emoji, on: isOn})
}

// Undefined where a message does not tell: of many people it names the newest.
export function hasOwn(li, emoji) {
  const link = find(li, emoji)
  if (!link) return false
  return isOwn(link) || (idsOf(link).length < link.dataset.count ? undefined : false)
}

// One that waits to be sent stands there as if it were stored.
export function drawReaction(li, {emoji, on: isOn}) {
  const link = li && (find(li, emoji) ?? (isOn && add(li, emoji)))
  if (!link) return
  link.dataset.before ??= Number(isOwn(link))
  set(link, isOn)
}

export function clearReaction(li, {emoji}) {
  const link = li && find(li, emoji)
  if (!link?.dataset.before) return
  set(link, link.dataset.before === '1')
  delete link.dataset.before
  if (link.hidden) link.remove()
}

function add(li, emoji) {
  const link = document.createElement('a')
  link.className = 'reaction'
  link.href = `${li.querySelector('.meta a').pathname}#reactions`
  Object.assign(link.dataset, {emoji, count: 0, by: ''})
  link.innerHTML = '<span></span> 0'
  link.firstChild.textContent = emoji
  rowOf(li).append(link)
  return link
}

function rowOf(li) {
  const row = li.querySelector('.reactions') ?? document.createElement('p')
  row.className = 'reactions'
  if (!row.parentNode) li.querySelector('.bubble').after(row)
  return row
}

function set(link, isOn) {
  if (isOwn(link) !== isOn) {
    const others = idsOf(link).filter(id => id !== user)
    link.dataset.by = (isOn ? [...others, user] : others).join(' ')
    link.dataset.count = Number(link.dataset.count) + (isOn ? 1 : -1)
    link.lastChild.data = ` ${link.dataset.count}`
  }
  link.hidden = link.dataset.count === '0'
  mark()
}

export function say(sentence) {
  byId('not-reacted')?.remove()
  const p = document.createElement('p')
  p.id = 'not-reacted'
  p.role = 'alert'
  p.className = 'error'
  p.textContent = sentence
  document.querySelector('.foot')?.prepend(p)
  setTimeout(() => p.remove(), SHOWN)
}

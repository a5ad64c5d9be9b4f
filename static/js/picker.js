// A dialog with all emoji.

import {parse, search, toned, withLatest} from './emoji.js'
import {recall, remember} from './storage.js'

const MOST_RECENT = 24
const TONES = ['', '🏻', '🏼', '🏽', '🏾', '🏿']

let dialog, field, tones, found, list, links, groups, whenChosen

// Beside an element; the emoji come from an address, and the one that is chosen goes to a function.
export async function open(address, beside, then) {
  whenChosen = then
  if (!dialog) {
    const response = await fetch(address)
    if (!response.ok) throw new Error(response.status)
    groups = parse(await response.text())
    build()
  }
  tones.value = recall('emoji tone') ?? ''
  field.value = ''
  show()
  dialog.showModal()
  place(beside.getBoundingClientRect())
  field.focus()
}

function build() {
  dialog = make('dialog', {className: 'picker', ariaLabel: 'Emoji'})
  field = make('input', {type: 'search', ariaLabel: 'Search emoji', placeholder: 'Search', autocomplete: 'off'})
  tones = make('select', {ariaLabel: 'Skin tone'})
  for (const tone of TONES) tones.add(new Option(`✋${tone}`, tone))
  const close = make('button', {type: 'button', className: 'button quiet', textContent: 'Close'})
  const head = make('div', {className: 'picker-head'})
  head.append(field, tones, close)
  found = make('p', {className: 'picker-found', role: 'status'})
  list = make('div', {className: 'picker-list', role: 'listbox', ariaLabel: 'Emoji'})
  links = make('div', {className: 'picker-groups', role: 'group', ariaLabel: 'Groups'})
  dialog.append(head, found, list, links)
  document.body.append(dialog)
  field.addEventListener('input', show)
  field.addEventListener('keydown', leaveField)
  tones.addEventListener('change', () => {
    remember('emoji tone', tones.value)
    show()
  })
  list.addEventListener('keydown', go)
  list.addEventListener('click', ({target}) => { if (target.role === 'option') choose(target.textContent) })
  close.addEventListener('click', () => dialog.close())
  // What is beside it is its own backdrop.
  dialog.addEventListener('click', ({target}) => { if (target === dialog) dialog.close() })
}

function make(name, properties) {
  return Object.assign(document.createElement(name), properties)
}

function place(rect) {
  const {offsetWidth: width, offsetHeight: height} = dialog
  const y = rect.top - height > 0 ? rect.top - height : rect.bottom
  dialog.style.setProperty('--x', `${Math.max(8, Math.min(rect.left, innerWidth - width - 8))}px`)
  dialog.style.setProperty('--y', `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`)
}

function show() {
  const query = field.value.trim()
  const hits = query ? search(groups, query) : []
  found.textContent = !query ? '' : hits.length ? `${hits.length} emoji` : 'No emoji found. Try another word.'
  const shown = query ? [{name: 'Found', all: hits}] : [{name: 'Recent', all: recent()}, ...groups]
  const filled = shown.filter(({all}) => all.length)
  list.replaceChildren(...filled.map(group))
  links.replaceChildren(...(query ? [] : filled.map(link)))
  list.scrollTop = 0
  const first = options()[0]
  if (first) first.tabIndex = 0
}

function recent() {
  const kept = recall('emoji')
  if (!Array.isArray(kept)) return []
  const known = new Map(groups.flatMap(({all}) => all).map(each => [each.emoji, each.label]))
  return kept.map(emoji => ({emoji, label: known.get(emoji) ?? emoji}))
}

function group({name, all}) {
  const element = make('div', {role: 'group', ariaLabel: name})
  const heading = make('p', {textContent: name, ariaHidden: 'true'})
  element.append(heading, ...all.map(option))
  return element
}

function option(item) {
  const emoji = toned(item, tones.value)
  return make('button', {
    type: 'button', role: 'option', tabIndex: -1, title: item.label, ariaLabel: item.label, textContent: emoji,
  })
}

function link({name, all}, n) {
  const button = make('button', {type: 'button', title: name, ariaLabel: name, textContent: all[0].emoji})
  button.addEventListener('click', () => {
    list.scrollTop = list.children[n].offsetTop
    list.children[n].querySelector('button').focus({preventScroll: true})
  })
  return button
}

function choose(emoji) {
  remember('emoji', withLatest(recall('emoji') ?? [], emoji, MOST_RECENT))
  dialog.close()
  whenChosen(emoji)
}

const options = () => [...list.querySelectorAll('button')]

function leaveField(event) {
  const first = options()[0]
  if (event.isComposing) return
  // Of itself it would only be emptied.
  if (event.key === 'Escape') dialog.close()
  else if (!first) return
  else if (event.key === 'ArrowDown') first.focus()
  else if (event.key === 'Enter' && field.value.trim()) first.click()
  else return
  event.preventDefault()
}

function go(event) {
  const {key, target} = event
  const all = options(), at = all.indexOf(target)
  const forward = getComputedStyle(list).direction === 'rtl' ? -1 : 1
  const next = {
    ArrowRight: all[at + forward], ArrowLeft: all[at - forward], ArrowDown: beyond(all, at, 1),
    ArrowUp: beyond(all, at, -1) ?? field, Home: all[0], End: all.at(-1),
  }[key]
  if (next) event.preventDefault()
  // What is typed goes on in the field.
  else if (key.length === 1 && key !== ' ' && !event.ctrlKey && !event.metaKey) field.focus()
  if (!next) return
  target.tabIndex = -1
  if (next !== field) next.tabIndex = 0
  next.focus()
}

// The nearest of the next row.
function beyond(all, at, way) {
  const {offsetLeft: x, offsetTop: y} = all[at]
  let n = at
  while (all[n]?.offsetTop === y) n += way
  const row = all[n]?.offsetTop
  let best = all[n]
  for (; all[n]?.offsetTop === row && all[n]; n += way) {
    if (Math.abs(all[n].offsetLeft - x) < Math.abs(best.offsetLeft - x)) best = all[n]
  }
  return best
}

// Whom a text can mention: what is typed after "@" offers the people of the conversation in a list under the keys, while
// the field keeps the focus. Loaded at the first "@".

import {byId, composer} from './page.js'
import {load} from './style.js'

// What one types of a name, in any script, to where the caret is.
const TYPED = /(?:^|[^\w@./])@([\p{L}\p{M}\p{N}_.]{0,30})$/u

const text = composer.body
const place = byId('conversation') ?? composer.parentElement
const list = make('ul', {id: 'naming', role: 'listbox', ariaLabel: 'People to mention', hidden: true})
const said = make('p', {className: 'hidden', role: 'status'})
// Where the list was closed with Escape; what is asked for; what the list shows.
let left, asked, shown

const all = () => [...list.children]
const active = () => list.querySelector('[aria-selected=true]')
const begun = () => text.selectionStart - typed().length

start()

function start() {
  place.append(list, said)
  load('css/mentions.css')
  text.setAttribute('aria-autocomplete', 'list')
  text.setAttribute('aria-controls', list.id)
  composer.addEventListener('input', look)
  // Before those who would send, or leave a reply.
  composer.addEventListener('keydown', press, {capture: true})
  text.addEventListener('blur', close)
  document.addEventListener('selectionchange', () => { if (!list.hidden && typed() !== shown) look() })
  list.addEventListener('mousedown', event => event.preventDefault())
  list.addEventListener('click', ({target}) => choose(target.closest('[role=option]')))
  look()
}

function make(name, properties) {
  return Object.assign(document.createElement(name), properties)
}

function typed() {
  if (text.selectionStart !== text.selectionEnd) return undefined
  return TYPED.exec(text.value.slice(0, text.selectionStart))?.[1]
}

async function look() {
  asked?.abort()
  const q = typed()
  if (q === undefined) left = undefined
  if (q === undefined || begun() === left) return close()
  asked = new AbortController()
  try {
    const address = new URL(`../people/?q=${encodeURIComponent(q)}`, composer.action)
    const response = await fetch(address, {headers: {'HX-Request': 'true'}, signal: asked.signal})
    if (response.ok) show(q, await response.text())
  } catch {
    // Away, or asked again: a name can be typed without help.
  }
}

function show(q, options) {
  if (typed() !== q || document.activeElement !== text) return
  list.innerHTML = options
  shown = q
  list.hidden = !all().length
  said.textContent = `${all().length || 'No'} people found`
  const above = place.getBoundingClientRect().bottom - composer.getBoundingClientRect().top
  list.style.setProperty('--y', `${Math.round(above)}px`)
  mark(all()[0])
}

function close() {
  list.hidden = true
  said.textContent = ''
  mark()
}

function mark(option) {
  for (const each of all()) each.setAttribute('aria-selected', each === option)
  if (option) text.setAttribute('aria-activedescendant', option.id)
  else text.removeAttribute('aria-activedescendant')
  option?.scrollIntoView({block: 'nearest'})
}

// 229 is how Safari says that a key ends a composition.
function press(event) {
  const {key, keyCode, isComposing, shiftKey, ctrlKey, metaKey, altKey} = event
  if (list.hidden || isComposing || keyCode === 229 || shiftKey || ctrlKey || metaKey || altKey) return
  if (key === 'ArrowDown') step(1)
  else if (key === 'ArrowUp') step(-1)
  else if ((key === 'Tab' || key === 'Enter' && !isWhole()) && typed() === shown) choose(active())
  else if (key === 'Escape') leave()
  else return
  event.preventDefault()
  event.stopPropagation()
}

// Who has typed all of a username sends with Enter.
const isWhole = () => active()?.dataset.username === typed().toLowerCase()

function step(by) {
  const options = all()
  mark(options[(options.indexOf(active()) + by + options.length) % options.length])
}

function leave() {
  left = begun()
  close()
}

function choose(option) {
  if (!option) return
  text.setRangeText(`${option.dataset.username} `, begun(), text.selectionStart, 'end')
  text.focus()
  text.dispatchEvent(new Event('input', {bubbles: true}))
}

// The people of a new message: suggestions under the field (the ARIA combobox pattern), chosen people before it.

import {byId, on} from './page.js'

const field = byId('to')
const chips = field?.closest('.chips')
const options = document.querySelector('.options')
// Enter was pressed before there were suggestions for what stands there.
let isWaiting = false

export function start() {
  if (!field) return
  field.setAttribute('role', 'combobox')
  field.setAttribute('aria-autocomplete', 'list')
  field.setAttribute('aria-controls', 'people')
  for (const event of ['focus', 'click', 'input']) field.addEventListener(event, open)
  field.addEventListener('blur', close)
  field.addEventListener('keydown', press)
  // The field keeps the focus.
  options.addEventListener('mousedown', event => event.preventDefault())
  options.addEventListener('click', event => {
    event.preventDefault()
    choose(event.target.closest('[role=option]'))
  })
  // The field changes, too.
  chips.addEventListener('change', ({target}) => { if (target !== field) remove(target.closest('.chip')) })
  on('htmx:after:swap', dress)
  dress()
  if (document.activeElement === field) open()
  else close()
}

const all = () => [...options.querySelectorAll('[role=option]')]
const active = () => options.querySelector('[aria-selected=true]')
const isOpen = () => !options.hidden
const isFresh = () => byId('suggestions').dataset.q === field.value.trim()

// What is a list of checkboxes without a script.
function dress() {
  byId('people')?.setAttribute('role', 'listbox')
  for (const li of byId('people')?.children ?? []) {
    li.setAttribute('role', 'option')
    const box = li.querySelector('input')
    box.hidden = true
    box.disabled = true
  }
  mark(field.value ? all()[0] : undefined)
  byId('found').textContent = field.value ? `${all().length || 'No'} people found` : ''
  if (isWaiting && isFresh()) {
    isWaiting = false
    choose(active())
  }
}

function mark(option) {
  for (const li of all()) li.setAttribute('aria-selected', li === option)
  field.setAttribute('aria-activedescendant', option?.id ?? '')
  option?.scrollIntoView({block: 'nearest'})
}

function open() {
  isWaiting = false
  show(true)
}

function close() {
  show(false)
  mark()
}

function show(isShown) {
  options.hidden = !isShown
  field.setAttribute('aria-expanded', isShown)
}

function press(event) {
  const {key, isComposing} = event
  if (isComposing) return
  if (key === 'ArrowDown') step(1)
  else if (key === 'ArrowUp') step(-1)
  else if (key === 'Enter' && isOpen() && active() && isFresh()) choose(active())
  else if (key === 'Enter' && isOpen() && field.value && !isFresh()) isWaiting = true
  else if (key === 'Escape' && isOpen()) close()
  else if (key === 'Backspace' && !field.value && chips.querySelector('.chip')) remove([...chips.querySelectorAll('.chip')].at(-1))
  else return
  event.preventDefault()
}

function step(by) {
  show(true)
  const list = all()
  const at = list.indexOf(active())
  mark(list[at < 0 && by < 0 ? list.length - 1 : (at + by + list.length) % list.length])
}

function choose(option) {
  if (!option) return
  const chip = option.querySelector('label'), box = chip.querySelector('input')
  chip.classList.replace('row', 'chip')
  chip.querySelector('small').remove()
  box.disabled = false
  box.hidden = false
  box.checked = true
  field.before(chip)
  option.remove()
  goOn()
}

function remove(chip) {
  chip.remove()
  goOn()
}

function goOn() {
  field.value = ''
  field.focus()
  htmx.trigger(field, 'people')
  close()
}

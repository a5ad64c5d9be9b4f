// The faces beside the last message that each has read.

import {messages} from './page.js'
import {readersAt} from './places.js'

const MOST = 3

export function show(all, others, isWhole) {
  for (const old of messages.querySelectorAll('.readers')) old.remove()
  for (const [li, there] of readersAt(all, others, isWhole)) li.append(readers(there))
}

function readers(there) {
  const ul = document.createElement('ul')
  ul.className = 'readers'
  ul.ariaLabel = 'Read by'
  there.sort((one, other) => one.dataset.name.localeCompare(other.dataset.name))
  const shown = there.length > MOST ? there.slice(0, MOST - 1) : there
  for (const {className, dataset} of shown) ul.append(face(className, dataset.face, dataset.name))
  const rest = there.slice(shown.length)
  if (rest.length) ul.append(face('tint-6', `+${rest.length}`, rest.map(({dataset}) => dataset.name).join(', ')))
  return ul
}

function face(tint, initials, name) {
  const li = document.createElement('li')
  li.className = tint
  li.dataset.face = initials
  li.title = name
  li.innerHTML = '<span class="hidden"></span>'
  li.firstChild.textContent = name
  return li
}

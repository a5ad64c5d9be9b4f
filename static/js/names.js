// A person who takes another name has it everywhere on the page at once: beside messages and in the head, which also
// gives the page its title.

import {byId, emit, on} from './page.js'

export function start() {
  on('parley:named', rename)
  on('htmx:after:swap', retitle)
}

function rename({user, name, initials, tint}) {
  for (const place of document.querySelectorAll(
    `[data-named="${user}"], #typing-${user}, .message[data-author="${user}"] > .author`
  )) {
    place.querySelector('bdi').textContent = name
    if (place.dataset.face) place.dataset.face = initials
    // In a group a face has a colour of its own, whatever the name.
    if (place.dataset.named) place.className = place.className.replace(/tint-\d/, `tint-${tint}`)
  }
  const receipt = byId(`receipt-${user}`)
  if (receipt) Object.assign(receipt.dataset, {name, face: initials})
  retitle()
}

function retitle() {
  const heading = byId('heading')
  if (heading) emit('parley:titled', heading.querySelector('h1').textContent)
}

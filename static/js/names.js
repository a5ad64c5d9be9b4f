// A person who takes another name has it everywhere on the page at once: beside messages and in the head, which also
// gives the page its title.

import {byId, emit, on} from './page.js'

export function start() {
  on('parley:named', rename)
  on('htmx:after:swap', retitle)
}

function rename({user, name, initials}) {
  for (const place of document.querySelectorAll(
    `[data-named="${user}"], #typing-${user}, .message[data-author="${user}"] > .author`
  )) {
    place.querySelector('bdi').textContent = name
    if (place.dataset.face) place.dataset.face = initials
  }
  retitle()
}

function retitle() {
  const heading = byId('heading')
  if (heading) emit('parley:titled', heading.querySelector('h1').textContent)
}

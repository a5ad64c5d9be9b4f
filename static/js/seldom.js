// What few texts need is loaded with the first of them: the count of characters near the limit, and the buttons that copy
// blocks of code, which only pages of https may.

import {composer, messages, on} from './page.js'

const NEAR = 500

export function start() {
  if (composer) {
    composer.addEventListener('input', count)
    count()
  }
  if (!messages || !navigator.clipboard) return
  for (const event of ['htmx:after:swap', 'parley:drawn']) on(event, offer)
  offer()
}

async function count() {
  // It has at least as many units as characters.
  if (composer.body.value.length < composer.dataset.limit - NEAR) return
  composer.removeEventListener('input', count)
  const {begin} = await import('./count.js')
  begin(NEAR)
}

async function offer() {
  if (!messages.querySelector('pre')) return
  const {add} = await import('./code.js')
  add()
}

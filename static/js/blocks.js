// Blocks of code have a button that copies them (code.js), which only pages of https may. It is loaded with the first.

import {messages, on} from './page.js'

export function start() {
  if (!messages || !navigator.clipboard) return
  for (const event of ['htmx:after:swap', 'parley:drawn']) on(event, offer)
  offer()
}

async function offer() {
  if (!messages.querySelector('pre')) return
  const {add} = await import('./code.js')
  add()
}

// What is nearly too long is counted: by a script that few texts need.

import {composer} from './page.js'

const LEFT = 500

export function start() {
  composer?.addEventListener('input', hear)
  if (composer) hear()
}

async function hear() {
  // Never fewer than the characters that count.
  if (composer.body.value.length < composer.dataset.limit - LEFT) return
  composer.removeEventListener('input', hear)
  const {begin} = await import('./count.js')
  begin(LEFT)
}

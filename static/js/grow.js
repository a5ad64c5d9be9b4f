// The composer grows with its text, by script where `field-sizing` is not known.

import {composer} from './page.js'

const text = composer?.body

export function start() {
  if (!composer || CSS.supports('field-sizing: content')) return
  text.rows = 1
  composer.addEventListener('input', grow)
  addEventListener('resize', grow)
  grow()
}

function grow() {
  text.style.blockSize = 'auto'
  text.style.blockSize = `${text.scrollHeight}px`
}

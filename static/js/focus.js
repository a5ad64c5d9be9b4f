// Where there is a mouse, there is a keyboard: one can write at once, and go on after a button that goes away.

import {byId, composer, scroller} from './page.js'

const fine = matchMedia('(pointer: fine)')

export function start() {
  if (fine.matches && document.activeElement === document.body) field()?.focus({preventScroll: true})
  byId('jump')?.addEventListener('click', goOn)
}

const field = () => document.querySelector('main [aria-invalid]') ?? byId('body') ?? byId('q') ?? byId('to')

// On touch a field would bring up the keyboard.
function goOn() {
  const next = fine.matches && composer ? composer.body : scroller
  next.focus({preventScroll: true})
}

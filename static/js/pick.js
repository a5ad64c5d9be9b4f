// The emoji picker, which is loaded when it is first opened: from the composer, or from a message's menu.

import {composer} from './page.js'
import {load} from './style.js'

const own = document.querySelector('script[src$="/js/parley.js"]')?.src

let styled

export function start() {
  if (!composer || !window.HTMLDialogElement) return
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'icon icon-emoji'
  button.innerHTML = '<span class="label">Emoji</span>'
  composer.querySelector('.send').before(button)
  button.addEventListener('click', () => pick(button, insert).catch(() => { button.hidden = true }))
}

// Fails where the picker cannot be loaded.
export async function pick(beside, choose) {
  styled ??= load('css/picker.css')
  const [{open}] = await Promise.all([import('./picker.js'), styled])
  await open(own.replace('js/parley.js', 'vendor/emoji.txt'), beside, choose)
}

function insert(emoji) {
  const text = composer.body
  text.setRangeText(emoji, text.selectionStart, text.selectionEnd, 'end')
  text.dispatchEvent(new Event('input', {bubbles: true}))
  text.focus()
}

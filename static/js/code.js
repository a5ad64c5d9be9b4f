// A button that copies a block of code. It holds no text, so that a message's text stays as it is.

import {messages} from './page.js'
import {load} from './style.js'

const SHOWN = 2000

messages.addEventListener('click', press)
load('css/code.css')

export function add() {
  for (const block of messages.querySelectorAll('pre:not(:has(.copy-code))')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy-code'
    name(button, 'Copy code')
    block.append(button)
  }
}

async function press({target}) {
  if (!target.matches('.copy-code')) return
  await navigator.clipboard.writeText(target.parentNode.textContent)
  name(target, 'Copied')
  setTimeout(() => name(target, 'Copy code'), SHOWN)
}

function name(button, words) {
  button.ariaLabel = words
  button.dataset.words = words === 'Copied' ? words : 'Copy'
}

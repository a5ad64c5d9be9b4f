// How many characters are left, near the limit, or too many: with those, Send is disabled.

import {counted} from './length.js'
import {composer} from './page.js'
import {load} from './style.js'

const text = composer.body
const shown = document.createElement('p')

export function begin(near) {
  load('css/count.css')
  shown.className = 'count'
  shown.id = 'composer-count'
  shown.role = 'status'
  composer.querySelector('.send').before(shown)
  composer.addEventListener('input', () => count(near))
  count(near)
}

function count(near) {
  const left = composer.dataset.limit - counted(text.value)
  shown.hidden = left > near
  shown.classList.toggle('over', left < 0)
  shown.textContent = left < 0 ? `${-left} too many` : `${left} left`
  composer.querySelector('.send').disabled = left < 0
}

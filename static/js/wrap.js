// Ctrl+B, I and E (⌘) put the marks of bold, italic and code around what is selected in the composer, or take them away.

import {wrapped} from './marks.js'
import {composer} from './page.js'

const MARKS = {b: '**', i: '*', e: '`'}
const text = composer?.body

export function start() {
  text?.addEventListener('keydown', press)
}

function press(event) {
  const mark = MARKS[event.key.toLowerCase()]
  if (!mark || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.isComposing) return
  event.preventDefault()
  const {start, end, words, inner} = wrapped(text.value, text.selectionStart, text.selectionEnd, mark)
  text.setSelectionRange(start, end)
  // Not by setting the value: this way the browser can undo it.
  if (words) document.execCommand('insertText', false, words)
  else document.execCommand('delete')
  text.setSelectionRange(inner, inner + words.length - 2 * (inner - start))
}

// Enter sends, Shift+Enter breaks the line. On a touch keyboard Enter breaks the line too, and Ctrl or Cmd+Enter always
// sends. An Enter that only ends a composition (Japanese, Chinese, …) does neither: 229 is Safari's way to say so.

import {composer} from './page.js'

const touch = matchMedia('(hover: none) and (pointer: coarse)')

composer?.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || event.target.name !== 'body' || event.isComposing || event.keyCode === 229) return
  if (!(event.ctrlKey || event.metaKey) && (event.shiftKey || event.altKey || touch.matches)) return
  event.preventDefault()
  composer.requestSubmit()
})

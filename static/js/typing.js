// Others see that one types, within half a second of the key and until 3 s after it, and never what. The line of
// somebody whose message arrives goes at once; one that is not renewed goes by style.

import {composer, live, on, post} from './page.js'
import {send, up} from './live.js'

let last = 0

composer?.addEventListener('input', () => {
  if (!up() || !composer.body.value.trim() || Date.now() - last < 500) return
  last = Date.now()
  if (!send({type: 'typing'})) post(live.dataset.live + 'typing/', {}).catch(() => {})
})

on('parley:arrived', message => document.getElementById('typing-' + message.dataset.author)?.remove())
on('parley:sent', () => { last = 0 })

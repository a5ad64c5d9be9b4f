// A message counts as read when it has been on a visible page's end, and only then; each position is told once.

import {conversation, live, messages, on, post, scroller} from './page.js'
import {send, up} from './live.js'
import {atNewest} from './follow.js'
import {markRead} from './inbox.js'

let told = 0, waiting

if (messages) {
  on('htmx:after:swap', soon)
  on('parley:up', soon)
  on('parley:down', () => { told = 0 })
  on('visibilitychange', soon)
  scroller.addEventListener('scroll', soon, {passive: true})
}

function soon() {
  waiting ??= setTimeout(look, 100)
}

function look() {
  waiting = null
  const newest = [...messages.querySelectorAll('.message[data-position]')].at(-1)
  const position = +newest?.dataset.position
  if (!(position > told) || document.hidden || !atNewest() || !up()) return
  told = position
  if (!send({type: 'read', position})) post(live.dataset.live + 'read/', {position}).catch(() => { told = 0 })
  markRead(conversation)
}

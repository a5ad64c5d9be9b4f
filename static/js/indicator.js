// What the page says of its connection: a dot with its words while all is well, and as news when not.

import {byId, emit} from './page.js'

const WORDS = {
  connecting: 'Reconnecting…',
  offline: 'You are offline. What you send waits here.',
  off: 'Live updates are off',
}
const WAITING = ['connecting', 'offline']
const LIVE = {ws: 'Live over WebSocket', sse: 'Live over Server-Sent Events', poll: 'Live by polling'}
const HICCUP = 1000

let shown, timer

export function show(state, tier) {
  const now = `${state} ${tier}`
  if (now === shown) return
  shown = now
  clearTimeout(timer)
  // A hiccup is no news.
  timer = setTimeout(() => paint(state, tier), state === 'connecting' ? HICCUP : 0)
}

function paint(state, tier) {
  const output = byId('connection')
  if (!output) return
  const words = document.createElement('span')
  words.textContent = WORDS[state] ?? LIVE[tier]
  output.dataset.state = state
  output.dataset.tier = tier
  output.tabIndex = 0
  output.setAttribute('aria-label', words.textContent)
  output.setAttribute('aria-live', state === 'live' ? 'off' : 'polite')
  output.replaceChildren(words, ...(WAITING.includes(state) ? [tryNow()] : []))
}

function tryNow() {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'link'
  button.textContent = 'Try now'
  button.addEventListener('click', () => emit('parley:retry'))
  return button
}

// The connection: a WebSocket, else Server-Sent Events, else long polling; it comes back by itself and catches up from
// the page's cursor. It counts as live at its first frame only, so that a silent proxy is found out, and as lost after
// 20 s without one. #connection always says how it stands.

import {apply} from './frames.js'
import {backoff, live, signIn, tell} from './page.js'

const TIERS = ['ws', 'sse', 'poll']
const WORDS = {
  ws: 'Live over WebSocket', sse: 'Live over Server-Sent Events', poll: 'Live by polling',
  connecting: 'Reconnecting…', offline: 'Offline: messages will be sent when you are back', off: 'Live updates are off',
}
const FIRST_FRAME = 4000, SILENCE = 20000, SLEEP = 10000, BETTER = 300000

const asked = new URLSearchParams(location.search).get('live')
if (asked === 'auto') sessionStorage.clear()
else if (TIERS.includes(asked) || asked === 'off') sessionStorage.live = asked
const forced = sessionStorage.live

export const off = forced === 'off'

export const up = () => !!current?.up

// True when the frame was handed to a socket that was up; not a promise that it arrived.
export const send = frame => !!current?.up && !!current.send?.(JSON.stringify(frame))

let tier = forced ?? sessionStorage.tier ?? 'ws'
let current = null
let failures = 0, neverUp = 0, ticked = Date.now()
let next, painting

const transports = {
  ws(link) {
    const socket = new WebSocket(location.origin.replace('http', 'ws') + address('ws'))
    socket.onmessage = event => link.receive(event.data)
    socket.onclose = event => link.lose(event.code)
    link.send = text => socket.readyState === 1 && !socket.send(text)
    return () => socket.close()
  },
  sse(link) {
    const events = new EventSource(address('sse'))
    events.onmessage = event => link.receive(event.data)
    events.addEventListener('heartbeat', () => link.receive(''))
    events.onerror = () => link.lose()
    return () => events.close()
  },
  poll(link) {
    const abort = new AbortController()
    const again = () => poll(link.up ? 15 : 0, abort.signal).then(text => {
      link.receive(text)
      setTimeout(again, 100)
    }, () => link.lose())
    again()
    return () => abort.abort()
  },
}

function attempt() {
  drop()
  if (!document.hidden || tier === 'ws') current = open(tier)
}

function open(kind) {
  const link = {kind, seen: Date.now()}
  const limit = setTimeout(() => link.lose(), FIRST_FRAME)
  let stop
  link.close = () => {
    clearTimeout(limit)
    link.closed = true
    stop?.()
  }
  link.lose = code => {
    if (link.closed) return
    link.close()
    if (link === current) lost(link, code)
  }
  link.receive = text => {
    if (link.closed) return
    clearTimeout(limit)
    link.seen = Date.now()
    // What cannot be applied is asked for again: the cursor has not moved.
    if (text) apply(text).catch(() => link.lose())
    if (!link.up) adopt(link)
  }
  // Refused synchronously where there is no such constructor.
  try { stop = transports[kind](link) } catch { setTimeout(link.lose) }
  return link
}

function adopt(link) {
  if (link !== current) {
    current?.close()
    current = link
    step(link.kind)
  }
  link.up = link.seen
  neverUp = 0
  paint('live')
  tell('parley:up')
}

function lost(link, code) {
  drop()
  if (code === 4401) return signIn()
  if (code === 4403) return leave()
  paint('connecting')
  if (link.up) {
    if (Date.now() - link.up > 5000) failures = 0
    const polite = {1012: 250, 1013: 1000, 4400: 15000, 4429: 15000}[code] ?? 0
    later(attempt, polite + Math.random() * polite + backoff(failures++))
  } else {
    neverUp++
    later(probe, backoff(failures++))
  }
}

// Is it the server or the transport? Plain HTTP tells, and brings what was missed meanwhile.
async function probe() {
  try {
    const text = await poll(0, AbortSignal.timeout(FIRST_FRAME))
    if (text) await apply(text)
    if (neverUp > 1 && !forced) step(TIERS[TIERS.indexOf(tier) + 1] ?? 'poll')
    attempt()
  } catch (status) {
    neverUp = 0
    paint(status > 0 ? 'connecting' : 'offline')
    later(probe, backoff(failures++) + (status === 429 ? 15000 : 0))
  }
}

async function poll(wait, signal) {
  const response = await fetch(`${address('poll')}&wait=${wait}`, {headers: {'HX-Request': 'true'}, signal})
  if (response.status === 401) signIn()
  if (response.status === 404) leave()
  const text = await response.text()
  // A captive portal answers too, but not with a frame.
  if (!response.ok || text && !text.includes('<hx-')) throw response.ok ? 502 : response.status
  return text
}

function address(kind) {
  const inbox = document.getElementById('inbox')?.dataset.digest ?? ''
  return `/${kind}${live.dataset.live}?` + new URLSearchParams({after: live.dataset.cursor ?? '', inbox})
}

function step(kind) {
  tier = kind
  neverUp = 0
  sessionStorage.tier = kind
  sessionStorage.stepped = Date.now()
}

function drop() {
  clearTimeout(next)
  current?.close()
  if (current?.up) tell('parley:down')
  current = null
}

function later(what, delay) {
  clearTimeout(next)
  next = setTimeout(what, delay)
}

function leave() {
  if (location.pathname !== '/') location.assign('/')
}

function wake() {
  if (current?.up && Date.now() - current.seen < SILENCE) return
  failures = 0
  attempt()
}

function tick() {
  const now = Date.now()
  const slept = now - ticked > SLEEP && !document.hidden
  ticked = now
  if (slept && current) return attempt()
  if (!current?.up) return
  if (now - current.seen > SILENCE) current.lose()
  else if (tier !== 'ws' && !forced && now - sessionStorage.stepped > BETTER) {
    sessionStorage.stepped = now
    open('ws')
  }
}

// A hidden tab gives back its stream: over HTTP/1.1 a browser has six for all tabs of a site. A socket does not count.
function visibility() {
  ticked = Date.now()
  if (!document.hidden) wake()
  else if (tier !== 'ws') drop()
}

function paint(state) {
  const words = document.getElementById('connection')
  clearTimeout(painting)
  // A hiccup shorter than a second is no news.
  painting = setTimeout(() => {
    words.dataset.state = state
    if (state !== 'connecting') words.dataset.tier = off ? 'off' : tier
    words.textContent = off ? WORDS.off : WORDS[state === 'live' ? tier : state]
  }, state === 'connecting' && words.dataset.state === 'live' ? 1000 : 0)
}

if (off && live) paint('offline')
else if (live) {
  attempt()
  setInterval(tick, 2000)
  addEventListener('online', wake)
  addEventListener('offline', () => {
    drop()
    paint('offline')
    later(probe, backoff(0))
  })
  addEventListener('pagehide', drop)
  document.addEventListener('visibilitychange', visibility)
}

// The connection: WebSocket, else Server-Sent Events, else long polling. Up from its first frame on, which finds out
// silent proxies, and lost after 20 s without one, it comes back by itself and catches up from the page's cursor.

import {apply} from './frames.js'
import {backoff, byId, leave, live, on, signIn, tell, user} from './page.js'

const TIERS = ['ws', 'sse', 'poll']
const WORDS = {
  ws: 'Live over WebSocket', sse: 'Live over Server-Sent Events', poll: 'Live by polling', off: 'Live updates are off',
  connecting: 'Reconnecting…', offline: 'Offline: messages will be sent when you are back',
}
const FIRST_FRAME = 4000, PROMPT = 1000, SILENCE = 20000, SLEEP = 10000, BETTER = 300000
const better = (one, other) => TIERS.indexOf(one) < TIERS.indexOf(other)

const asked = new URLSearchParams(location.search).get('live')
if (asked === 'auto') sessionStorage.clear()
else if (asked === 'off' || TIERS.includes(asked)) sessionStorage.live = asked
const forced = sessionStorage.live

let tier = forced ?? sessionStorage.tier ?? 'ws'
let link, next, painting, painted
let failures = 0, neverUp = 0, silent = false, ticked = Date.now()

export const off = tier === 'off'
export const up = () => link?.up

// True when a socket took it, which does not promise that it arrives.
export const send = frame => !!link?.up && !!link.send?.(JSON.stringify(frame))

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
    events.addEventListener('end', event => link.lose(+event.data))
    events.onerror = () => link.lose()
    return () => events.close()
  },
  poll(link) {
    const abort = new AbortController()
    const again = () => poll(link.up ? 15 : 0, abort.signal).then(text => {
      link.receive(text)
      again()
    }).catch(() => link.lose())
    again()
    return () => abort.abort()
  },
}

class Link {
  constructor(tier) {
    this.tier = tier
    this.limit = setTimeout(() => this.lose('silent'), FIRST_FRAME)
    // Throws where there is no such transport.
    try { this.close = transports[tier](this) } catch { setTimeout(() => this.lose()) }
  }

  receive(text) {
    if (this.ended) return
    this.seen = Date.now()
    // What cannot be applied is asked for again: the cursor has not moved.
    if (text) apply(text).catch(() => this.lose())
    if (this.up) return
    clearTimeout(this.limit)
    this.up = this.seen
    adopt(this)
  }

  lose(code) {
    if (this.ended) return
    this.end()
    if (this === link) lost(code)
  }

  end() {
    this.ended = true
    clearTimeout(this.limit)
    this.close?.()
  }
}

// A hidden tab does without a stream: a browser has six of them (not of sockets) for all tabs of a site.
function attempt() {
  drop()
  if (document.hidden && tier !== 'ws') return
  paint('connecting')
  link = new Link(tier)
}

function adopt(fresh) {
  if (fresh !== link) {
    // Of two that were tried at once the worse may come up second.
    if (!better(fresh.tier, tier)) return fresh.end()
    drop()
    link = fresh
    step(fresh.tier)
  }
  neverUp = 0
  paint('live')
  tell('parley:up')
}

function lost(code) {
  const since = link.up
  drop()
  if (code === 4401) return signIn()
  if (code === 4403) return leave('/')
  paint('connecting')
  if (Date.now() - since > 5000) failures = 0
  if (!since) neverUp++
  silent = code === 'silent'
  const polite = {1012: 500, 1013: 1000, 4400: 15000, 4429: 15000}[code] ?? 0
  later(since ? attempt : probe, polite * (1 + Math.random()))
}

// Is it the server or the transport? Plain HTTP tells, and brings what was missed meanwhile. Where that is prompt, a
// transport that stayed silent is held back on its way; anything else gets a second try.
async function probe() {
  const began = Date.now()
  try {
    await apply(await poll(0, AbortSignal.timeout(FIRST_FRAME)))
    const tries = silent && Date.now() - began < PROMPT ? 1 : 2
    if (neverUp >= tries && !forced) step(TIERS[TIERS.indexOf(tier) + 1] ?? tier)
    attempt()
  } catch (status) {
    neverUp = 0
    paint(status > 0 ? 'connecting' : 'offline')
    later(probe, status === 429 ? 15000 : 0)
  }
}

async function poll(wait, signal) {
  const response = await fetch(`${address('poll')}&wait=${wait}`, {headers: {'HX-Request': 'true'}, signal})
  const {ok, status} = response
  if (status === 401) await signIn()
  if (status === 404) await leave('/')
  const text = await response.text()
  // A captive portal answers too, but not with a frame.
  if (!ok || text && !text.includes('<hx-')) throw ok ? 502 : status
  return text
}

function address(tier) {
  const query = new URLSearchParams({
    after: live.dataset.cursor ?? '', inbox: byId('inbox')?.dataset.digest ?? '', viewer: user,
  })
  return `/${tier}${live.dataset.live}?${query}`
}

function step(to) {
  neverUp = failures = 0
  sessionStorage.tier = tier = to
  sessionStorage.stepped = Date.now()
}

function drop() {
  clearTimeout(next)
  const was = link
  link = null
  was?.end()
  if (was?.up) tell('parley:down')
}

function later(what, wait) {
  clearTimeout(next)
  next = setTimeout(what, wait + backoff(failures++))
}

function wake() {
  ticked = Date.now()
  if (link?.up && ticked - link.seen < SILENCE) return
  failures = 0
  attempt()
}

function tick() {
  const now = Date.now()
  const slept = now - ticked > SLEEP && !document.hidden
  ticked = now
  if (!link?.up) return
  if (slept) attempt()
  else if (now - link.seen > SILENCE) link.lose()
  else if (tier !== 'ws' && !forced && now - sessionStorage.stepped > BETTER) {
    sessionStorage.stepped = now
    for (const other of TIERS) if (better(other, tier)) new Link(other)
  }
}

function paint(state) {
  const words = WORDS[off || state === 'live' ? tier : state]
  if (words === painted) return
  painted = words
  clearTimeout(painting)
  // A hiccup shorter than a second is no news.
  painting = setTimeout(() => {
    const output = byId('connection')
    output.dataset.state = state
    output.dataset.tier = tier
    output.textContent = words
  }, state === 'connecting' ? 1000 : 0)
}

if (off && live) paint('offline')
else if (live) {
  attempt()
  setInterval(tick, 2000)
  addEventListener('online', wake)
  // A message got through: no need to wait any longer.
  on('parley:reached', () => link ?? wake())
  addEventListener('offline', () => {
    drop()
    paint('offline')
    later(probe, 0)
  })
  addEventListener('pagehide', drop)
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) wake()
    else if (tier !== 'ws') drop()
  })
}

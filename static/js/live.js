// The connection: WebSocket, else Server-Sent Events, else long polling. Lost after 20 s without a frame, it comes back
// by itself and catches up from the page's cursor.

import {backoff} from './backoff.js'
import {apply} from './frames.js'
import {show} from './indicator.js'
import {FIRST_FRAME, Link, poll} from './link.js'
import {emit, leave, live, on, signIn} from './page.js'
import {tab} from './storage.js'
import {betterThan, forced, isBetter, known, nextAfter, politeness} from './tiers.js'

const PROMPT = 1000, TICK = 2000, SLEEP = 10000, SILENCE = 20000, BETTER = 300000, STABLE = 5000

let connection

export const isOff = () => connection?.state === 'off'
export const isUp = () => connection?.state === 'live'
export const send = frame => isUp() && connection.link.send(frame)

export function start() {
  const asked = new URLSearchParams(location.search).get('live')
  if (asked === 'auto') tab.clear()
  const tier = forced(asked, tab.recall('live'))
  if (tier) tab.remember('live', tier)
  if (!live && tier !== 'off') return
  connection = new Connection(tier)
  if (tier === 'off') return connection.enter('off')
  connection.open()
  setInterval(() => connection.tick(), TICK)
  addEventListener('online', () => connection.wake())
  addEventListener('offline', () => connection.goOffline())
  addEventListener('pagehide', () => connection.close())
  document.addEventListener('visibilitychange', () => connection.turn())
  // A message got through, or the user asks: no need to wait any longer.
  for (const event of ['parley:reached', 'parley:retry']) on(event, () => { if (!connection.link) connection.wake() })
}

// Its states: connecting (a link is tried, or waited for), live (the link is up), offline (not even plain HTTP gets
// through), closed (a hidden or left page does without), off (it shall not be).
class Connection {
  state = 'closed'
  link = null
  // In a row: each makes the next wait longer.
  failures = 0
  // Links of this tier in a row that never came up; and whether the last of them was held back, not refused.
  fruitless = 0
  wasSilent = false
  ticked = Date.now()

  constructor(forcedTier) {
    this.isForced = !!forcedTier
    this.tier = forcedTier ?? known(tab.recall('tier'))
  }

  enter(state) {
    const wasUp = this.state === 'live'
    this.state = state
    if (state !== 'closed') show(state, this.tier)
    if (state === 'live') emit('parley:up')
    else if (wasUp) emit('parley:down')
  }

  // A hidden tab does without a stream: a browser has six of them (not of sockets) for all tabs of a site.
  open() {
    this.close()
    if (document.hidden && this.tier !== 'ws') return
    this.enter('connecting')
    this.link = new Link(this.tier, this)
  }

  adopt(link) {
    if (link !== this.link) {
      // Of two that were tried at once the worse may come up second.
      if (!isBetter(link.tier, this.tier)) return link.end()
      this.close()
      this.link = link
      this.step(link.tier)
    }
    this.fruitless = 0
    this.enter('live')
  }

  lose(link, code) {
    if (link !== this.link) return
    this.close()
    if (code === 4401) return signIn()
    if (code === 4403) return leave('/')
    this.enter('connecting')
    if (Date.now() - link.upSince > STABLE) this.failures = 0
    if (!link.isUp) this.fruitless++
    this.wasSilent = code === 'silent'
    this.later(link.isUp ? 'open' : 'probe', politeness(code) * (1 + Math.random()))
  }

  // Is it the server or the transport? Plain HTTP tells, and brings what was missed meanwhile. Where that is prompt, a
  // transport that stayed silent is held back on its way; anything else gets a second try.
  async probe() {
    const began = Date.now()
    try {
      await apply(await poll(0, AbortSignal.timeout(FIRST_FRAME)))
    } catch (status) {
      this.fruitless = 0
      this.enter(status > 0 ? 'connecting' : 'offline')
      return this.later('probe', status === 429 ? 15000 : 0)
    }
    const isHeldBack = this.wasSilent && Date.now() - began < PROMPT
    if (this.fruitless >= (isHeldBack ? 1 : 2) && !this.isForced) this.step(nextAfter(this.tier))
    this.open()
  }

  step(tier) {
    this.fruitless = 0
    this.failures = 0
    this.tier = tier
    tab.remember('tier', tier)
    tab.remember('stepped', Date.now())
  }

  close() {
    clearTimeout(this.timer)
    this.link?.end()
    this.link = null
    this.enter('closed')
  }

  later(step, wait) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this[step](), wait + backoff(this.failures++))
  }

  wake() {
    this.ticked = Date.now()
    if (this.state === 'live' && this.ticked - this.link.seen < SILENCE) return
    this.failures = 0
    this.open()
  }

  turn() {
    if (!document.hidden) this.wake()
    else if (this.tier !== 'ws') this.close()
  }

  goOffline() {
    this.close()
    this.enter('offline')
    this.later('probe', 0)
  }

  tick() {
    const now = Date.now()
    const hasSlept = now - this.ticked > SLEEP && !document.hidden
    this.ticked = now
    if (this.state !== 'live') return
    if (hasSlept) this.open()
    else if (now - this.link.seen > SILENCE) this.link.lose()
    else if (!this.isForced && now - tab.recall('stepped') > BETTER) this.tryBetter(now)
  }

  tryBetter(now) {
    tab.remember('stepped', now)
    for (const tier of betterThan(this.tier)) new Link(tier, this)
  }
}

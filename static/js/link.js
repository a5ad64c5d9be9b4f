// One try at one transport, from its opening to its end. It is up from its first frame on, which finds out proxies
// that hold a stream back.

import {apply} from './frames.js'
import {byId, leave, live, signIn, user} from './page.js'
import {isFrame} from './tiers.js'

export const FIRST_FRAME = 4000
// Bytes, as the server takes them at most: more would cost the socket.
const LARGEST_FRAME = 64 * 1024

// Each opens its transport for a link and returns what closes it.
const transports = {
  ws(link) {
    const socket = new WebSocket(location.origin.replace('http', 'ws') + address('ws'))
    socket.onmessage = event => link.receive(event.data)
    socket.onclose = event => link.lose(event.code)
    link.socket = socket
    return () => socket.close()
  },
  sse(link) {
    const events = new EventSource(address('sse'))
    events.onmessage = event => link.receive(event.data)
    events.addEventListener('heartbeat', () => link.receive(''))
    events.addEventListener('end', event => link.lose(Number(event.data)))
    events.onerror = () => link.lose()
    return () => events.close()
  },
  poll(link) {
    const abort = new AbortController()
    const again = async () => {
      link.receive(await poll(link.isUp ? 15 : 0, abort.signal))
      again().catch(() => link.lose())
    }
    again().catch(() => link.lose())
    return () => abort.abort()
  },
}

export class Link {
  // Its owner has `adopt(link)` and `lose(link, code)`.
  constructor(tier, owner) {
    this.tier = tier
    this.owner = owner
    this.limit = setTimeout(() => this.lose('silent'), FIRST_FRAME)
    try {
      this.close = transports[tier](this)
    } catch {
      // There is no such transport here.
      setTimeout(() => this.lose())
    }
  }

  get isUp() {
    return this.upSince !== undefined
  }

  // True when a socket took it, which does not promise that it arrives.
  send(frame) {
    if (!this.isUp || this.socket?.readyState !== WebSocket.OPEN) return false
    const text = JSON.stringify(frame)
    if (new TextEncoder().encode(text).length > LARGEST_FRAME) return false
    this.socket.send(text)
    return true
  }

  receive(text) {
    if (this.isEnded) return
    this.seen = Date.now()
    // What cannot be applied is asked for again: the cursor has not moved.
    if (text) apply(text).catch(() => this.lose())
    if (this.isUp) return
    clearTimeout(this.limit)
    this.upSince = this.seen
    this.owner.adopt(this)
  }

  lose(code) {
    if (this.isEnded) return
    this.end()
    this.owner.lose(this, code)
  }

  end() {
    this.isEnded = true
    clearTimeout(this.limit)
    this.close?.()
  }
}

// Throws the status of an answer that is no frame.
export async function poll(wait, signal) {
  const response = await fetch(`${address('poll')}&wait=${wait}`, {headers: {'HX-Request': 'true'}, signal})
  const {ok, status} = response
  if (status === 401) await signIn()
  if (status === 404) await leave('/')
  const text = await response.text()
  if (!ok) throw status
  if (!isFrame(text)) throw 502
  return text
}

function address(tier) {
  const {cursor: after = '', epoch = '', people = '', receipts = ''} = live.dataset
  const inbox = byId('inbox')?.dataset.digest ?? ''
  const query = new URLSearchParams({after, epoch, people, receipts, inbox, viewer: user})
  return `/${tier}${live.dataset.live}?${query}`
}

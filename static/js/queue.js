// What is still to be sent, in order, and what a socket or another tab has in hand, until when. Pure: it decides, and
// outbox.js does it.

const TRIES = 3

// What was kept in the browser is data, not yet a message.
export const isItem = item => ['id', 'conversation', 'body'].every(name => typeof item?.[name] === 'string')
  && Number.isFinite(item.at)

export class Queue {
  #items = new Map()
  #handed = new Map()

  constructor(items = []) {
    for (const item of [...items].sort((one, other) => one.at - other.at)) this.put(item)
  }

  put(item) { this.#items.set(item.id, item) }
  get(id) { return this.#items.get(id) }
  drop(id) { this.#items.delete(id) }
  all() { return [...this.#items.values()] }
  waiting() { return this.all().filter(item => !item.failed) }

  hand(id, until) { this.#handed.set(id, until) }
  takeBack() { this.#handed.clear() }

  // Over a socket: what it was not handed yet. Behind one that was not acknowledged in time all wait for its POST.
  forSocket(conversation, now) {
    const waiting = this.waiting()
    const overdue = waiting.findIndex(item => this.#handed.get(item.id) < now)
    const inTime = overdue < 0 ? waiting : waiting.slice(0, overdue)
    return inTime.filter(item => item.conversation === conversation && !this.#handed.has(item.id))
  }

  // By POST: the first one, unless it is in hand.
  forPost(now) {
    const [first] = this.waiting()
    return this.#handed.get(first?.id) > now ? undefined : first
  }

  // When a new one counts as written: after all others, whatever the clock says.
  at(now) { return Math.max(now, ...this.all().map(item => item.at + 1)) }
}

// What the answer to a POST means. Only the message itself proves that it arrived: a captive portal says 200 too.
export function verdict({ok, status}, holdsMessage, tries) {
  if (ok && holdsMessage) return 'sent'
  if (status === 401) return 'signed out'
  if (status === 429) return 'too fast'
  if ([403, 404, 413, 422].includes(status)) return 'refused'
  return tries < TRIES ? 'again' : 'failed'
}

export const pause = (tries, random = Math.random()) => 500 * 2 ** tries * (1 + random) / 2

// What is still to be sent, in order, and what a socket or another tab has in hand, until when. Pure: it decides, and
// outbox.js does it.

const TRIES = 3

// What can be sent: where a POST goes, the fields, which are a frame's as well, and which of them have to be there. By
// what a changed message shows one can see that a change of it is stored; where one cannot, an answer to a POST tells.
const KINDS = {
  message: {
    path: () => 'messages/',
    fields: ({id, body, reply_to}) => ({client_id: id, body, reply_to}),
    needs: {body: 'string'},
  },
  edit: {
    path: ({position}) => `${position}/edit/`,
    fields: ({position, body, revision}) => ({position, body, revision}),
    needs: {position: 'number', body: 'string', revision: 'number'},
    isDone: (item, shown) => shown.revision > item.revision && shown.body === item.body,
  },
  unsend: {
    path: ({position}) => `${position}/unsend/`,
    fields: ({position}) => ({position}),
    needs: {position: 'number'},
    isDone: (_, shown) => shown.isUnsent,
  },
  react: {
    path: ({position}) => `${position}/react/`,
    fields: ({position, emoji, on}) => ({position, emoji, on}),
    needs: {position: 'number', emoji: 'string', on: 'boolean'},
    isDone: ({emoji, on}, shown) => shown.hasOwn(emoji) === on,
  },
}

const kind = ({kind = 'message'}) => Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined

// What was kept in the browser is data, not yet an item.
export function isItem(item) {
  const needs = {id: 'string', conversation: 'string', at: 'number', ...kind(item ?? {})?.needs}
  return !!kind(item ?? {}) && Object.entries(needs).every(([name, type]) => typeof item?.[name] === type)
}

// A message is new, the other kinds change one that is there.
export const isChange = ({kind = 'message'}) => kind !== 'message'
export const isReaction = ({kind}) => kind === 'react'
export const pathOf = item => `/chat/${item.conversation}/${kind(item).path(item)}`
export const frameOf = item => ({type: item.kind ?? 'message', ...kind(item).fields(item)})

// Whether a message, as it is shown now, has what the change wants.
export const isDone = (item, shown) => !!kind(item).isDone?.(item, shown)

// A form has no true and false, and leaves out what is not there.
export const formOf = item => Object.fromEntries(Object.entries(kind(item).fields(item))
  .filter(([, value]) => value !== undefined)
  .map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value]))

const isOfSameMessage = (one, other) =>
  isChange(one) && isChange(other) && one.conversation === other.conversation && one.position === other.position

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

  // Changes of the same message that wait, in order.
  changesOf(change) { return this.waiting().filter(item => isOfSameMessage(item, change)) }

  // What a new change takes the place of: one of its kind (with its emoji) that nothing has in hand.
  replacedBy(change) {
    return this.#alike(change).find(item => !this.#handed.has(item.id))
  }

  // Whether a change is the next of its kind: what a message shows says nothing about those behind it.
  isNext(change) { return this.#alike(change)[0]?.id === change.id }

  #alike(change) {
    return this.changesOf(change).filter(item => item.kind === change.kind && item.emoji === change.emoji)
  }

  // Over a socket: what it was not handed yet. A change waits for the one before it, since it is based on that. Behind one that was not acknowledged in time all wait for its POST.
  forSocket(conversation, now) {
    const waiting = this.waiting()
    const overdue = waiting.findIndex(item => this.#handed.get(item.id) < now)
    const inTime = overdue < 0 ? waiting : waiting.slice(0, overdue)
    return inTime.filter(item => item.conversation === conversation && !this.#handed.has(item.id)
      && (!isChange(item) || this.changesOf(item)[0] === item))
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
  if ([403, 404, 409, 413, 422].includes(status)) return 'refused'
  return tries < TRIES ? 'again' : 'failed'
}

export const pause = (tries, random = Math.random()) => 500 * 2 ** tries * (1 + random) / 2

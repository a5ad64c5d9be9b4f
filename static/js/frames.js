// Each element of a frame stands once, in its place and latest revision, whatever order frames come in. Only
// <hx-cursor> moves the cursor, after what it stands for is in place.

import {isBeyond, keepFurther} from './inbox.js'
import {isLater, predecessor, rank, sideOf} from './order.js'
import {byId, emit, held, live, messages, position} from './page.js'

const MOST_OUTSIDE = 300

// Messages beyond the part of the log that is held here, for when that part is loaded.
const outside = new Map()
let morph

export const isOutsideAfter = last => [...outside.values()].some(li => position(li) > last)

export async function apply(text) {
  const ctx = {text, sourceElement: document.body, target: document.body, swap: 'none', cursor: {}}
  await htmx.swap(ctx)
  if (ctx.at) await loadAround(ctx.at)
  const {revision, inbox, ...others} = ctx.cursor
  if (revision) others.cursor = revision
  if (inbox) byId('inbox').dataset.digest = inbox
  Object.assign(live.dataset, others)
}

export function start() {
  htmx.registerExtension('parley', {
    init(api) { morph = api.morph },
    htmx_process_cursor(element, {ctx}) {
      for (const {name, value} of element.attributes) if (ctx.cursor) ctx.cursor[name] = value
    },
    htmx_process_draft(element) { emit('parley:draft', element) },
    htmx_process_title(element) { emit('parley:unread', Number(element.getAttribute('unread'))) },
    htmx_process_name({attributes}) {
      emit('parley:named', Object.fromEntries([...attributes].map(({name, value}) => [name, value])))
    },
    htmx_before_swap(_source, {ctx, tasks}) { for (const task of [...tasks]) prepare(task, tasks, ctx) },
    handle_swap(style, list, fragment) {
      return style === 'keyed' && [...fragment.children].map(fresh => upsert(list, fresh)).filter(Boolean)
    },
  })
}

function prepare(task, tasks, ctx) {
  const refused = task.fragment.querySelector('[data-refused]')
  const isWholeLog = task.target === messages && task.swapSpec.style !== 'keyed'
  // Where one looks further up, the newest messages shall not take that out of sight.
  if (isWholeLog && ctx.cursor) emit('parley:behind', ctx)
  if (ctx.at && isWholeLog) {
    tasks.splice(tasks.indexOf(task), 1)
  } else if (refused) {
    // The composer stays: it may hold what was typed since.
    tasks.splice(tasks.indexOf(task), 1)
    emit('parley:refused', refused)
  } else if (task.swapSpec.style.endsWith('HTML')) {
    // A page of history links to both its neighbours; one of them is here already.
    const here = {older: '.newer', newer: '.older'}[task.target?.className]
    if (here) task.fragment.querySelector(here)?.remove()
    for (const fresh of task.fragment.querySelectorAll('[data-revision]')) keepLatest(fresh, isWholeLog)
    task.fragment.querySelectorAll('.entry').forEach(keepHighest)
  } else if (task.target?.id === 'inbox' && task.swapSpec.style !== 'keyed') {
    keepFurther(task.fragment)
  }
}

// What one looks at, as it is now; a link leads from there to what is newer.
async function loadAround(at) {
  const before = messages.firstElementChild
  await htmx.ajax('GET', `${live.dataset.live}?at=${at}`, {target: messages, swap: 'innerHTML'})
  if (!before.isConnected) return
  // Further than any log goes: who holds that gets the newest messages whole.
  live.dataset.cursor = 2 ** 53
  throw before
}

// A page of history may bring what is held already, or has changed on its way. Where all is replaced, what is held
// stands until then.
function keepLatest(fresh, isReplaced) {
  const old = byId(fresh.id)
  const later = [old, outside.get(fresh.id)].find(other => isLater(other, fresh))
  if (later) fresh.replaceWith(later)
  else if (!isReplaced) old?.remove()
}

// A line of a further page may have moved up while that was on its way.
function keepHighest(fresh) {
  const old = byId(fresh.id)
  if (rank(old) < rank(fresh)) fresh.remove()
  else old?.remove()
}

function upsert(list, fresh) {
  if (list.id === 'inbox' && isBeyond(fresh)) return null
  if (list === messages) emit('parley:arrived', fresh)
  const side = list === messages ? sideOf(rank(fresh), edges()) : 'inside'
  const old = byId(fresh.id)
  if (side === 'before') {
    old?.remove()
    setAside(fresh)
    return null
  }
  if (side === 'after') setAside(old ?? fresh)
  if (side === 'after' && !old || isLater(old, fresh)) return null
  if (old) update(old, fresh)
  if (side === 'inside') settle(list, old ?? fresh)
  return old ?? fresh
}

function edges() {
  const all = held()
  return {
    first: rank(all[0]),
    last: rank(all.at(-1)),
    hasOlder: !!messages.querySelector('.older'),
    hasNewer: !!messages.querySelector('.newer'),
  }
}

function setAside(li) {
  if (!isLater(outside.get(li.id), li)) outside.set(li.id, li)
  if (outside.size > MOST_OUTSIDE) outside.delete(outside.keys().next().value)
}

function update(old, fresh) {
  // Where it is the stop of the Tab key, it may have the focus.
  if (old.tabIndex === 0) fresh.tabIndex = 0
  const one = document.createDocumentFragment()
  one.append(fresh)
  morph(old, one, false)
}

function settle(list, item) {
  const before = predecessor(list.lastElementChild, item)
  const next = before ? before.nextSibling : list.firstChild
  if (item.parentNode !== list) list.insertBefore(item, next)
  else if (rank(item) === Infinity) restart(item)
  else if (before !== item.previousElementSibling) move(list, item, next)
}

// A line without an order says "now": its time starts anew.
function restart(item) {
  for (const animation of item.getAnimations()) {
    animation.cancel()
    animation.play()
  }
}

// Where moveBefore is known, what plays or has the focus inside goes on.
function move(list, item, next) {
  if (list.moveBefore) list.moveBefore(item, next)
  else list.insertBefore(item, next)
}

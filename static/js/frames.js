// Applying a frame: each element stands once, in its place, in its latest revision, whatever order frames come in.
// Only partials touch the page, and only <hx-cursor> moves the cursor, after what it stands for is in place.

import {live, messages, tell} from './page.js'
import {showUnread} from './title.js'

// Changes to messages outside the part of the log that the page holds: for when that part is loaded.
export const outside = new Map()
let morph

export async function apply(text) {
  const ctx = {text, sourceElement: document.body, target: document.body, swap: 'none'}
  await htmx.swap(ctx)
  if (ctx.revision) live.dataset.cursor = ctx.revision
  if (ctx.inbox) document.getElementById('inbox').dataset.digest = ctx.inbox
}

htmx.registerExtension('parley', {
  init(api) { morph = api.morph },
  htmx_process_cursor(cursor, {ctx}) {
    ctx.revision = cursor.getAttribute('revision') ?? ctx.revision
    ctx.inbox = cursor.getAttribute('inbox') ?? ctx.inbox
  },
  htmx_process_title(title) { showUnread(+title.getAttribute('unread')) },
  htmx_before_swap(source, {tasks}) {
    for (const task of [...tasks]) {
      const refused = task.fragment.querySelector('[data-refused]')
      // The composer stays: it may hold what was typed since.
      if (refused) {
        tasks.splice(tasks.indexOf(task), 1)
        tell('parley:refused', {id: refused.dataset.refused, sentence: refused.querySelector('.error')?.textContent})
      } else if (/^(inner|outer)HTML$/.test(task.swapSpec?.style)) {
        task.fragment.querySelectorAll('li[id]').forEach(settle)
      }
    }
  },
  handle_swap(style, list, fragment) {
    return style === 'keyed' && [...fragment.children].map(fresh => place(list, fresh)).filter(Boolean)
  },
})

// What a whole page of a list brings may be held already, or be older than what is held.
function settle(fresh) {
  const held = document.getElementById(fresh.id)
  const later = [held, outside.get(fresh.id)].find(one => one && revision(one) > revision(fresh))
  if ('active' in fresh.dataset && held) fresh.remove()
  else if (later) fresh.replaceWith(later)
  else held?.remove()
  outside.delete(fresh.id)
}

function place(list, fresh) {
  let held = document.getElementById(fresh.id)
  if (list === messages) {
    tell('parley:arrived', fresh)
    if (!held && isOutside(rank(fresh))) {
      if (!(revision(outside.get(fresh.id)) > revision(fresh))) outside.set(fresh.id, fresh)
      if (outside.size > 300) outside.delete(outside.keys().next().value)
      return
    }
  }
  if (!held) return insert(list, fresh)
  if (revision(fresh) < revision(held)) return
  const one = document.createDocumentFragment()
  one.append(fresh)
  morph(held, one, false)
  if (rank(held.previousElementSibling) > rank(held) || rank(held) > rank(held.nextElementSibling)) insert(list, held)
  // A line without an order says "now": its time starts anew.
  if (rank(held) === Infinity) held.getAnimations().forEach(animation => { animation.cancel(); animation.play() })
  return held
}

function insert(list, item) {
  let before = null
  let last = list.lastElementChild
  while (last && (last === item || rank(last) > rank(item))) last = (before = last).previousElementSibling
  if (before === item) before = item.nextElementSibling
  item.isConnected && list.moveBefore ? list.moveBefore(item, before) : list.insertBefore(item, before)
  return item
}

// Messages ascend by position, inbox entries descend by activity; what is pending, and links to more, stand last.
function rank(item) {
  const {active, position} = item?.dataset ?? {}
  if (active) return -active
  if (position) return +position
  // The line above the first unread message goes with it.
  if (item?.id === 'unread') return rank(item.nextElementSibling) - .5
  return item?.matches('#messages > .older') ? -Infinity : item ? Infinity : NaN
}

function revision(item) {
  return +(item?.dataset.revision || NaN)
}

function isOutside(position) {
  const held = messages.querySelectorAll('.message[data-position]:not([data-position=""])')
  return messages.querySelector('.older') && position < rank(held[0])
    || messages.querySelector('.newer') && position > rank(held[held.length - 1])
}

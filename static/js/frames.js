// Each element of a frame stands once, in its place and latest revision, whatever order frames come in. Only
// <hx-cursor> moves the cursor, after what it stands for is in place.

import {byId, live, messages, tell} from './page.js'

// Messages beyond the part of the log that is held here, for when that part is loaded.
export const outside = new Map()
let morph

export async function apply(text) {
  const ctx = {text, sourceElement: document.body, target: document.body, swap: 'none', cursor: {}}
  await htmx.swap(ctx)
  if (ctx.cursor.revision) live.dataset.cursor = ctx.cursor.revision
  if (ctx.cursor.inbox) byId('inbox').dataset.digest = ctx.cursor.inbox
}

htmx.registerExtension('parley', {
  init(api) { morph = api.morph },
  htmx_process_cursor(element, {ctx}) {
    for (const {name, value} of element.attributes) if (ctx.cursor) ctx.cursor[name] = value
  },
  htmx_process_title(element) { tell('parley:unread', +element.getAttribute('unread')) },
  htmx_before_swap(source, {tasks}) {
    for (const task of [...tasks]) {
      const refused = task.fragment.querySelector('[data-refused]')
      // The composer stays: it may hold what was typed since.
      if (refused) {
        tasks.splice(tasks.indexOf(task), 1)
        tell('parley:refused', refused)
      } else if (/HTML$/.test(task.swapSpec.style)) {
        // A page of history links to both its neighbours; one of them is here already.
        const there = {older: '.newer', newer: '.older'}[task.target?.className]
        if (there) task.fragment.querySelector(there)?.remove()
        task.fragment.querySelectorAll('[data-revision]').forEach(settle)
      }
    }
  },
  handle_swap(style, list, fragment) {
    return style === 'keyed' && [...fragment.children].map(fresh => place(list, fresh)).filter(Boolean)
  },
})

// A page of history may bring what is held already, or has changed on its way.
function settle(fresh) {
  const held = byId(fresh.id)
  const later = [held, outside.get(fresh.id)].find(one => revision(one) > revision(fresh))
  later ? fresh.replaceWith(later) : held?.remove()
}

function place(list, fresh) {
  const held = byId(fresh.id)
  if (list === messages) tell('parley:arrived', fresh)
  const side = list === messages ? sideOf(rank(fresh)) : 0
  if (side < 0) held?.remove()
  if (side) {
    if (!(revision(outside.get(fresh.id)) > revision(fresh))) outside.set(fresh.id, held ?? fresh)
    if (outside.size > 300) outside.delete(outside.keys().next().value)
    if (side < 0 || !held) return
  }
  if (revision(held) > revision(fresh)) return
  if (held) {
    const one = document.createDocumentFragment()
    one.append(fresh)
    morph(held, one, false)
  }
  const item = held ?? fresh
  let before = list.lastElementChild
  while (before && (before === item || rank(before) > rank(item))) before = before.previousElementSibling
  // A line without an order says "now": its time starts anew.
  if (held && rank(item) === Infinity) item.getAnimations().forEach(animation => { animation.cancel(); animation.play() })
  else if (!held || !side && before !== item.previousElementSibling) {
    list[held && list.moveBefore ? 'moveBefore' : 'insertBefore'](item, before ? before.nextSibling : list.firstChild)
  }
  return item
}

// Messages ascend by position, inbox entries descend by activity, the pending stand last.
function rank(item) {
  if (!item) return NaN
  const {active, position} = item.dataset
  if (item.id === 'unread') return rank(item.nextElementSibling) - .5
  return position ? +position : active ? -active : item.className === 'older' ? -Infinity : Infinity
}

function revision(item) {
  return +item?.dataset.revision
}

// -1 before the part of the log that is held here, 1 after it.
function sideOf(position) {
  const held = messages.querySelectorAll('[data-position]')
  if (messages.querySelector('.older') && position < rank(held[0])) return -1
  return messages.querySelector('.newer') && position > rank(held[held.length - 1]) ? 1 : 0
}

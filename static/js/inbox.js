// The list keeps its place when one goes on to another page, with the further pages that were loaded into it. One's
// place in it is marked, further down than the newest page too: the lines in between come when one scrolls there.

import {byId, live, on} from './page.js'
import {rank} from './order.js'
import {tab} from './storage.js'

const MOST = 300

const list = byId('inbox')
const box = list?.closest('.inbox-list')
let isStale = false

export function start() {
  if (!list || !live) return
  restore(tab.recall('inbox') ?? {})
  box.addEventListener('scroll', save, {passive: true})
  on('htmx:after:swap', save)
  on('parley:down', () => { isStale = true })
}

// On a phone the list is not in sight beside another page, and has no place.
function save() {
  if (box.clientHeight) tab.remember('inbox', place())
}

// A line that belongs further down than the page that is held comes with its own page.
export const isBeyond = li => {
  const before = list.querySelector('.more')?.previousElementSibling
  return !byId(li.id) && rank(li) > rank(before)
}

// The newest page, read anew, leaves the further ones in place. After an outage they may be old: they are loaded again.
export function keepFurther(newest) {
  if (isStale) {
    isStale = false
    setTimeout(restore, 0, place())
    return
  }
  const more = newest.querySelector('.more')
  const last = rank(more?.previousElementSibling)
  const kept = entries(newest).map(({id}) => id)
  const further = entries().filter(li => rank(li) > last && !kept.includes(li.id))
  if (!further.length) return
  const gap = more.nextElementSibling
  if (further.some(({id}) => id === gap?.id)) gap.remove()
  const next = list.querySelector('.more')
  more.replaceWith(...[...further, next].filter(Boolean).map(li => li.cloneNode(true)))
}

// Those that stand in a row, without one behind the gap.
const entries = (where = list) => [...where.querySelectorAll('.entry:not(.more ~ *)')]
const place = () => ({top: box.scrollTop, count: entries().length})

async function restore({top, count}) {
  box.scrollTop = top
  for (let held = 0; held < entries().length && entries().length < Math.min(count, MOST);) {
    held = entries().length
    const more = list.querySelector('.more')
    if (more) await htmx.ajax('GET', more.querySelector('a').href, {target: more, swap: 'outerHTML'})
    box.scrollTop = top
  }
}

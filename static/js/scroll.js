// A conversation opens at its first unread message. The view follows the newest message if one is there; else a button
// says how many are unread below and leads there, and what one looks at stays in its place, whatever loads, arrives,
// changes its height or is trimmed, however far behind the page was. At most 300 messages are kept: a link loads again
// what is trimmed.

import {isOutsideAfter} from './frames.js'
import {at, byId, emit, held, live, messages, on, position, scroller, user} from './page.js'

const MOST = 300, SPARE = 20, NEAR = 60
const jump = document.createElement('button')
const label = document.createElement('span')

let isAtBottom = true, isLeading = false, isFollowing = false, unread = 0, seen = 0, newest = 0
// What one looks at, and where it stands; how high the log and the view were then.
let mark, markTop, heights

const isAtNewest = () => isAtBottom && !newer()

// How many messages of others are unread below what has been on screen.
export const unreadBelow = () => unread

// The last position that has been on screen.
export function lastSeen() {
  see()
  return seen
}

export function start() {
  if (!messages) return
  jump.id = 'jump'
  jump.className = 'icon icon-down jump'
  jump.type = 'button'
  jump.hidden = true
  label.className = 'label'
  jump.append(label)
  scroller.after(jump)
  newest = position(held().at(-1)) || 0
  seen = Number(messages.dataset.read)
  unread = Number(messages.dataset.unread)
  open()
  scroller.addEventListener('scroll', look, {passive: true})
  jump.addEventListener('click', toNewest)
  on('parley:sent', toNewest)
  on('parley:arrived', notice)
  on('parley:behind', ctx => { if (!isFollowing) ctx.at = mark?.dataset.position })
  on('htmx:before:swap', look)
  on('htmx:after:swap', settle)
  // Seen before it is painted.
  const resized = new ResizeObserver(look)
  for (const element of [scroller, messages]) resized.observe(element)
  // A load that failed on a lost line is tried again.
  on('parley:up', () => {
    for (const link of messages.querySelectorAll('.older a, .newer a')) htmx.process(link, true)
  })
  look()
}

function open() {
  document.querySelector('.to-unread')?.addEventListener('click', toUnread)
  const query = new URLSearchParams(location.search)
  const place = query.get('at') ?? query.get('reply')
  if (place) return at(Number(place))?.scrollIntoView({block: 'center'})
  byId('unread')?.scrollIntoView()
}

// Leads to the message at a position: here, or in the part of the log around it, which is then loaded.
export async function lead(to) {
  if (!at(to)) await load(`?at=${to}`)
  look()
  isLeading = false
  at(to)?.scrollIntoView({block: 'center'})
  look()
  return at(to)
}

const load = query => htmx.ajax('GET', `${live.dataset.live}${query}`, {target: messages, swap: 'innerHTML'})

// It stays until it is used: to go and read the newest first does no harm.
async function toUnread(event) {
  event.preventDefault()
  event.currentTarget.remove()
  const read = Number(messages.dataset.read)
  if (!firstAfter(read)) await load(`?at=${read + 1}`)
  look()
  isLeading = false
  const first = byId('unread') ?? firstAfter(read)
  first?.scrollIntoView()
  scroller.focus({preventScroll: true})
  look()
}

// Where all between are held.
function firstAfter(read) {
  const all = held()
  return position(all[0]) <= read + 1 ? all.find(li => position(li) > read && isOfOthers(li)) : undefined
}

const newer = () => messages.querySelector('.newer')

// The column is reversed: its scrollTop is 0 at the bottom and falls towards the top.
const distanceFromBottom = () => -scroller.scrollTop
const toBottom = () => { scroller.scrollTop = 0 }
const isInUpperHalf = () => distanceFromBottom() > (scroller.scrollHeight - scroller.clientHeight) / 2

async function toNewest() {
  if (newer()) await load('')
  isLeading = isFollowing = true
  toBottom()
  look()
}

// Browsers hold the view each in their own way, and none at the very bottom: `overflow-anchor` is off, and this does it.
function look() {
  if (measure() !== heights) restore()
  isAtBottom = distanceFromBottom() < NEAR
  if (!isAtBottom || !newer()) isLeading = false
  isFollowing = isLeading || isAtNewest()
  note()
  see()
  paint()
}

function restore() {
  heights = measure()
  // Loaded anew it is another element.
  mark &&= byId(mark.id)
  if (isFollowing) toBottom()
  else if (mark) scroller.scrollTop += top(mark) - markTop
}

function note() {
  // What stands where it stood is not noted anew: rounding would add up.
  if (mark?.isConnected && Math.abs(top(mark) - markTop) < 1) return
  const middle = scroller.getBoundingClientRect().top + scroller.clientHeight / 2
  mark = held().find(li => li.getBoundingClientRect().bottom > middle)
  markTop = mark && top(mark)
}

const measure = () => `${scroller.scrollHeight} ${scroller.clientHeight}`
// Not of the whole message: headings above it come and go.
const top = li => li.querySelector('.bubble, .event > p').getBoundingClientRect().top

function see() {
  if (document.hidden) return
  const bottom = scroller.getBoundingClientRect().bottom + 1
  const all = held()
  const last = isAtNewest() ? all.at(-1) : all.findLast(li => li.getBoundingClientRect().bottom <= bottom)
  if (!(position(last) > seen)) return
  const passed = all.filter(li => isOfOthers(li) && position(li) > seen && position(li) <= position(last))
  unread = isAtNewest() ? 0 : Math.max(0, unread - passed.length)
  seen = position(last)
}

// An event line has no author.
const isOfOthers = ({dataset: {author}}) => author && author !== user

function notice(li) {
  if (!(position(li) > newest)) return
  newest = position(li)
  if (!isOfOthers(li)) return
  unread++
  emit('parley:new', li)
}

function paint() {
  jump.hidden = isAtNewest()
  jump.dataset.count = unread || ''
  label.textContent = unread ? `${unread} new message${unread > 1 ? 's' : ''}` : 'Newest messages'
}

function settle() {
  restore()
  trim()
  restore()
  look()
}

function trim() {
  const all = held()
  if (all.length > MOST) {
    const excess = all.length - MOST + SPARE
    if (isInUpperHalf()) trimEnd(all, excess)
    else trimStart(all, excess)
  }
  // What came while a page that takes itself for the newest was on its way.
  const last = all.at(-1)
  if (last && !newer() && isOutsideAfter(position(last))) linkNewer(last)
}

function trimEnd(all, excess) {
  for (const li of all.splice(-excess)) li.remove()
  linkNewer(all.at(-1))
}

function trimStart(all, excess) {
  all.splice(0, excess)
  while (all[0].previousElementSibling) all[0].previousElementSibling.remove()
  messages.prepend(link('older', 'Older messages', `before=${position(all[0])}`))
  htmx.process(messages.firstElementChild)
}

function linkNewer(last) {
  newer()?.remove()
  last.after(link('newer', 'Newer messages', `after=${position(last)}`))
  htmx.process(newer())
}

function link(kind, words, query) {
  const li = document.createElement('li')
  const url = `${live.dataset.live}?${query}`
  li.className = kind
  li.innerHTML = `<a href="${url}" hx-get="${url}" hx-trigger="intersect once, click" hx-target="closest li"
    hx-swap="outerHTML">${words}</a>`
  return li
}

// At most 300 messages are kept in the page. What is trimmed, at the end far from the reader, leaves a link that loads
// it again; so does what came while a page that claims to be the newest was on its way.

import {live, messages, on, scroller} from './page.js'
import {outside} from './frames.js'

const MOST = 300, SPARE = 20

if (messages) {
  on('htmx:after:swap', trim)
  // A load that failed on a lost line is tried again.
  on('parley:up', () => messages.querySelectorAll('.older a, .newer a').forEach(link => htmx.process(link, true)))
}

function trim() {
  const held = [...messages.querySelectorAll('.message[data-position]')]
  const excess = held.length > MOST ? held.length - MOST + SPARE : 0
  if (excess && -scroller.scrollTop > (scroller.scrollHeight - scroller.clientHeight) / 2) {
    held.splice(-excess).forEach(li => li.remove())
    link('newer', 'after', held.at(-1))
  } else if (excess) {
    held.splice(0, excess).forEach(li => li.remove())
    link('older', 'before', held[0])
  }
  const last = held.at(-1)
  if (last && !messages.querySelector('.newer') && [...outside.values()].some(li => +li.dataset.position > last.dataset.position)) {
    link('newer', 'after', last)
  }
}

function link(kind, name, edge) {
  messages.querySelector('.' + kind)?.remove()
  const li = document.createElement('li')
  const a = document.createElement('a')
  li.className = kind
  a.href = `${live.dataset.live}?${name}=${edge.dataset.position}`
  a.textContent = kind === 'older' ? 'Older messages' : 'Newer messages'
  for (const [key, value] of Object.entries({
    get: a.getAttribute('href'), trigger: 'intersect once, click', target: 'closest li', swap: 'outerHTML',
  })) a.setAttribute('data-hx-' + key, value)
  li.append(a)
  kind === 'older' ? edge.before(li) : edge.after(li)
  htmx.process(li)
}

// How far others hold and have read the conversation: a mark on one's own messages, in a group faces beside the last
// message that each has read, and a line of words under one's own newest. And this page says what it holds.

import {localize} from './clock.js'
import {isUp, send} from './live.js'
import {byId, conversation, held, messages, on, position, post, user} from './page.js'
import {least, stateOf} from './reach.js'
import {saidRead} from './read.js'

const DELAY = 1000

const list = byId('receipts')
const told = {}
let timer, faces

export function start() {
  fresh()
  on('htmx:after:swap', () => {
    draw()
    if (!timer) timer = setTimeout(tell, DELAY)
  })
  for (const event of ['parley:drawn', 'parley:named']) on(event, draw)
  draw()
  if (messages?.closest('.group')) import('./readers.js').then(module => {
    faces = module
    draw()
  })
}

function tell() {
  timer = undefined
  const positions = isUp() ? fresh() : {}
  if (!Object.keys(positions).length || send({type: 'delivered', positions})) return
  post('/delivered/', {positions: JSON.stringify(positions)}).catch(() => {})
}

// What is held since the last call, by conversation; what was read since is known by that.
function fresh() {
  const lines = [...document.querySelectorAll('#inbox [data-last]')]
  const places = lines.map(({id, dataset}) => [id.slice('conversation-'.length), Number(dataset.last)])
  if (messages) places.push([conversation, position(held().at(-1))])
  const known = id => Math.max(told[id] ?? 0, id === conversation ? saidRead() : 0)
  const later = Object.fromEntries(places.filter(([id, last]) => last > known(id)))
  Object.assign(told, later)
  return later
}

function draw() {
  if (!list || messages.closest('.self')) return
  const others = [...list.children].filter(({id, dataset}) => dataset.position && id !== `receipt-${user}`)
  const all = held(), reached = least(others.map(({dataset}) => dataset))
  for (const li of all) if (isOwn(li)) mark(li, stateOf(position(li), reached))
  faces?.show(all, others, !newer())
  conclude(others)
}

const newer = () => messages.querySelector('.newer')
const isOwn = li => li.dataset.author === user && !li.matches('.unsent')

function mark(li, word) {
  let state = li.querySelector('.meta .receipt')
  if (!state) {
    state = document.createElement('span')
    state.innerHTML = '<span class="label"></span>'
    li.querySelector('.meta').append(state)
  }
  if (state.title === word) return
  state.className = `receipt icon-${word.toLowerCase()}`
  state.title = state.firstChild.textContent = word
}

function conclude(others) {
  const last = [...messages.querySelectorAll('.message')].at(-1)
  const old = byId('outcome')
  if (!last?.dataset.position || !isOwn(last) || newer()) return old?.remove()
  const line = old ?? document.createElement('li')
  line.id = 'outcome'
  if (last.nextElementSibling !== line) last.after(line)
  say(line, last.querySelector('.meta a').href, outcome(position(last), others))
}

// What stands there already keeps the focus.
function say(line, href, {words, at = ''}) {
  const said = `${words} ${at}`
  if (line.dataset.said === said && line.firstChild.href === href) return
  line.dataset.said = said
  line.innerHTML = '<a></a>'
  line.firstChild.href = href
  line.firstChild.append(words)
  if (!at) return
  const time = document.createElement('time')
  time.dateTime = new Date(Number(at)).toISOString()
  line.firstChild.append(' ', time)
  localize()
}

function outcome(at, others) {
  const there = others.filter(li => position(li) >= at)
  const counts = (byId('receipt-counts')?.dataset.counts ?? '').split(' ').map(pair => pair.split(':').map(Number))
  // One has read one's own.
  const number = there.length || counts.filter(([read]) => read >= at).reduce((sum, [, people]) => sum + people, -1)
  if (messages.closest('.direct') && there.length) return {words: 'Read', at: there[0].dataset.at}
  return {words: number > 0 ? `Read by ${number}` : stateOf(at, least(others.map(({dataset}) => dataset)))}
}

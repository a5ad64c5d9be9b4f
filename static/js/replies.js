// What a message replies to stands above the text, until it is sent or Escape leaves it; it survives a reload, and goes
// with the message that it quotes. It is loaded when it is first needed.

import {at, composer, conversation, live, messages, on} from './page.js'
import {lead} from './scroll.js'
import {forget, onChange, recall, remember} from './storage.js'

const FOUND = 2400, LENGTH = 120
const name = `reply:${conversation}`

if (composer) {
  composer.addEventListener('click', press)
  composer.addEventListener('keydown', leaveByKey)
  composer.addEventListener('submit', ({defaultPrevented}) => { if (!defaultPrevented) forget(name) })
  on('parley:sent', leave)
  on('parley:arrived', ({dataset: {position}, classList}) => {
    if (position === composer.reply_to?.value && classList.contains('unsent')) leave()
  })
  onChange(name, restore)
  // What the address asks for comes from the server.
  if (!composer.reply_to) restore()
  else {
    remember(name, Number(composer.reply_to.value))
    history.replaceState(null, '', live.dataset.live)
  }
}

function restore() {
  const position = recall(name)
  if (Number.isInteger(position)) show(position)
  else hide()
}

export function reply(position) {
  remember(name, position)
  show(position)
  composer.body.focus()
}

function show(position) {
  hide()
  if (at(position)?.classList.contains('unsent')) return
  const strip = document.createElement('div')
  strip.className = 'replying'
  strip.innerHTML = `<input type="hidden" name="reply_to" value="${position}"><button type="button"
    class="icon icon-close"><span class="label">Don’t reply</span></button>`
  strip.prepend(quote(position, 'Reply to '))
  composer.querySelector('.writing').before(strip)
}

function hide() {
  composer.reply_to?.remove()
  composer.querySelector('.replying')?.remove()
}

function leave() {
  forget(name)
  hide()
}

function press(event) {
  if (!event.target.closest('.icon-close')) return
  event.preventDefault()
  leave()
  composer.body.focus()
}

function leaveByKey(event) {
  if (event.key !== 'Escape' || event.isComposing || !composer.reply_to) return
  event.preventDefault()
  leave()
}

// A quote made here, of the message on the page, until the reply comes back from the server.
export function quote(position, words = '') {
  const original = at(position)
  const author = original?.dataset.author
  // Not each message of a run has the face.
  const face = messages.querySelector(`[data-author="${author}"] > .author[class*=tint-]`)
  const link = document.createElement('a')
  link.className = `quote ${face?.className.match(/tint-\d/) ?? ''}`
  link.href = `${live.dataset.live}${position}/`
  link.dataset.position = position
  if (author) link.dataset.named = author
  link.innerHTML = '<b><bdi></bdi></b> <span dir="auto"></span>'
  const [name, text] = link.querySelectorAll('bdi, span')
  name.before(words)
  name.textContent = original?.querySelector('.author').textContent ?? 'an earlier message'
  text.textContent = original?.querySelector('.body').textContent.slice(0, LENGTH) ?? ''
  return link
}

export async function follow(position) {
  const original = await lead(position)
  if (!original) return
  original.tabIndex = -1
  original.focus({preventScroll: true})
  original.classList.add('found')
  setTimeout(() => original.classList.remove('found'), FOUND)
}

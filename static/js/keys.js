// Ctrl+K (⌘K) leads to the search; there the arrows go through what was found, and Escape leads back. Elsewhere Escape
// goes to the newest message.

import {byId, on} from './page.js'

const isMac = /Mac|iP/.test(navigator.platform)
const isSearch = location.pathname === '/search/'

export function start() {
  addEventListener('keydown', press)
  if (isSearch) on('htmx:after:swap', keep)
}

// Back from a message the same is found.
function keep() {
  const fields = new URLSearchParams(new FormData(byId('q').form))
  history.replaceState(history.state, '', `/search/?${fields}`)
}

function press(event) {
  if (event.defaultPrevented || event.isComposing || event.shiftKey || event.altKey) return
  const {key} = event
  if (key.toLowerCase() === 'k' && (isMac ? event.metaKey : event.ctrlKey)) search()
  else if (event.ctrlKey || event.metaKey) return
  else if (key === 'Escape' && isSearch) leave()
  else if (key === 'Escape' && byId('jump')?.checkVisibility()) byId('jump').click()
  else if (isSearch && key === 'ArrowDown') step(1)
  else if (isSearch && key === 'ArrowUp') step(-1)
  else if (isSearch && key === 'Enter' && document.activeElement === byId('q') && found()) found().click()
  else return
  event.preventDefault()
}

function search() {
  if (isSearch) byId('q').select()
  else location.assign('/search/')
}

function leave() {
  if (document.referrer.startsWith(location.origin)) history.back()
  else location.assign('/')
}

const results = () => [...document.querySelectorAll('#results .row')]
// What Enter in the field opens: the first name, once what stands there was asked for. (No message: one wants to see
// several of them.)
const found = () => byId('results').dataset.q === byId('q').value.trim()
  && document.querySelector('#results .rows:not(.hits) .row')

function step(by) {
  const all = [byId('q'), ...results()]
  all[(all.indexOf(document.activeElement) + by + all.length) % all.length].focus()
}

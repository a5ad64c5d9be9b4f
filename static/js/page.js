// The page: whose it is, what it shows, what outlives it, and how its behaviours hear of each other.

export const byId = id => document.getElementById(id)
export const user = document.documentElement.dataset.user
export const live = document.querySelector('[data-live]')
export const conversation = live?.dataset.live.split('/')[2]
export const messages = byId('messages')
export const scroller = byId('scroller')
export const composer = byId('composer')
export const message = clientId => byId(domId(clientId))
export const domId = clientId => `message-${user}-${clientId}`

export const on = (name, heard) => document.addEventListener(name, event => heard(event.detail))
export const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, {detail}))

// What nobody means to give up (a read position) is sent on when the page is left.
export const post = (path, fields, signal) => fetch(path, {
  method: 'POST', headers: {'HX-Request': 'true'}, body: new URLSearchParams(fields), signal, keepalive: !signal,
})

// Full jitter, so that a thousand pages do not come back in the same moment.
export const backoff = tries => Math.random() * Math.min(15000, 250 * 2 ** tries)

// Nothing of a page that is being left goes on.
export function leave(to) {
  if (location.pathname !== to) location.assign(to)
  return new Promise(() => {})
}
export const signIn = () => leaving || leave('/login/?next=' + encodeURIComponent(location.pathname))

// Who signs out here goes where that leads, and whoever signs in next is not led back.
let leaving
addEventListener('submit', ({target}) => { if (target.matches('[action="/logout/"]')) leaving = new Promise(() => {}) })

// Storage that is full must not stop a send.
export const key = name => `parley:${user}:${name}`
export function remember(name, text) {
  try { localStorage.setItem(key(name), text) } catch {}
}
export const forget = name => localStorage.removeItem(key(name))

// Whoever signs out leaves nothing behind on this machine; a session that just ends keeps what was not sent.
document.querySelector('[action="/logout/"]')?.addEventListener('submit', () =>
  Object.keys(localStorage).filter(name => name.startsWith(key(''))).forEach(name => localStorage.removeItem(name)))

// Back after signing out shows nothing: what the back-forward cache restores stays hidden, and is asked for anew.
addEventListener('pagehide', () => { document.documentElement.style.display = 'none' })
addEventListener('pageshow', event => event.persisted && location.reload())

// The page: whose it is, what it shows, what outlives it, and how its behaviours hear of each other.

export const byId = id => document.getElementById(id)
export const user = document.documentElement.dataset.user
export const live = document.querySelector('[data-live]')
export const conversation = live?.dataset.live.split('/')[2]
export const messages = byId('messages')
export const scroller = byId('scroller')
export const composer = byId('composer')
export const domId = clientId => `message-${user}-${clientId}`
export const message = clientId => byId(domId(clientId))
// Messages and event lines.
export const held = () => [...messages.querySelectorAll(':scope > [data-position]')]
export const at = position => messages.querySelector(`.message[data-position="${position}"]`)
export const position = li => Number(li?.dataset.position)

export const on = (name, heard) => document.addEventListener(name, event => heard(event.detail))
export const emit = (name, detail) => document.dispatchEvent(new CustomEvent(name, {detail}))

// What must not be lost when the page is left (a read position) cannot be given up either.
export const post = (path, fields, signal) => fetch(path, {
  method: 'POST', headers: {'HX-Request': 'true'}, body: new URLSearchParams(fields), signal, keepalive: !signal,
})

const forever = () => new Promise(() => {})
let isSigningOut = false

export function start() {
  addEventListener('submit', ({target}) => { if (isSignOut(target)) isSigningOut = true })
  // Back after signing out shows nothing: what the back-forward cache restores stays hidden, and is asked for anew.
  addEventListener('pagehide', () => { document.documentElement.style.display = 'none' })
  addEventListener('pageshow', event => { if (event.persisted) location.reload() })
}

const isSignOut = form => form.matches('[action="/logout/"]')

// Nothing of a page that is being left goes on.
export function leave(to) {
  if (location.pathname !== to) location.assign(to)
  return forever()
}

// Signing out leads where its answer says, and the next user is not led back.
export function signIn() {
  return isSigningOut ? forever() : leave(`/login/?next=${encodeURIComponent(location.pathname)}`)
}

// The page: whose it is, which conversation it shows, what outlives it, and how its behaviours hear of each other.

const byId = id => document.getElementById(id)

export const user = document.documentElement.dataset.user
export const live = document.querySelector('[data-live]')
export const conversation = live?.dataset.live.match(/^\/chat\/(.+)\/$/)?.[1]
export const messages = byId('messages')
export const scroller = byId('scroller')
export const composer = byId('composer')
export const domId = clientId => `message-${user}-${clientId}`

export const on = (name, heard) => document.addEventListener(name, event => heard(event.detail))
export const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, {detail}))

export const post = (path, fields, signal) =>
  fetch(path, {method: 'POST', headers: {'HX-Request': 'true'}, body: new URLSearchParams(fields), signal})

// Full jitter, so that a thousand pages do not come back in the same moment.
export const backoff = tries => Math.random() * Math.min(15000, 250 * 2 ** tries)

export const signIn = () => location.assign('/login/?next=' + encodeURIComponent(location.pathname))

// One key an entry: two tabs never overwrite each other's. Storage that is full must not stop a send.
const own = `parley:${user}:`
export const kept = {
  get: name => localStorage.getItem(own + name),
  set: (name, text) => { try { localStorage.setItem(own + name, text) } catch {} },
  remove: name => localStorage.removeItem(own + name),
  all: name => Object.keys(localStorage).filter(key => key.startsWith(own + name)).map(key => localStorage[key]),
  named: key => key?.startsWith(own) ? key.slice(own.length) : '',
}

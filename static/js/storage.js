// What the browser keeps for a user, and for a tab. Anything may have been written there, and storage may be forbidden
// or full: what cannot be read is nothing, and what cannot be kept lasts as long as the page.

import {user} from './page.js'

const key = name => `parley:${user}:${name}`

// Signing out leaves nothing behind on this machine; a session that just ends keeps what was not sent.
export function start() {
  document.querySelector('[action="/logout/"]')?.addEventListener('submit', () => {
    names('').forEach(forget)
    tab.clear()
  })
}

export const recall = name => attempt(() => JSON.parse(localStorage[key(name)]))
export const remember = (name, value) => attempt(() => localStorage.setItem(key(name), JSON.stringify(value)))
export const forget = name => attempt(() => localStorage.removeItem(key(name)))
export const names = start => attempt(() => Object.keys(localStorage).filter(name => name.startsWith(key(start)))
  .map(name => name.slice(key('').length))) ?? []

// Another tab has changed what is kept under a name.
export function onChange(start, heard) {
  addEventListener('storage', ({key: changed}) => {
    if (changed?.startsWith(key(start))) heard(changed.slice(key('').length))
  })
}

export const tab = {
  recall: name => attempt(() => JSON.parse(sessionStorage[name])),
  remember: (name, value) => attempt(() => sessionStorage.setItem(name, JSON.stringify(value))),
  forget: name => attempt(() => sessionStorage.removeItem(name)),
  clear: () => attempt(() => sessionStorage.clear()),
}

function attempt(work) {
  try {
    return work()
  } catch {
    return undefined
  }
}

// What is typed survives a reload, another page and a crash, until it is sent: one draft a conversation and person.

import {composer, conversation, domId, kept} from './page.js'

const name = 'draft:' + conversation
const text = composer?.body

if (text) {
  const draft = JSON.parse(kept.get(name) || '{}')
  const arrived = draft.id && document.getElementById(domId(draft.id))
  if (arrived) kept.remove(name)
  else if (draft.text && !text.value) {
    text.value = draft.text
    // Sent by a plain form and not seen to arrive: once more under the same id, so that it cannot stand there twice.
    if (draft.id) composer.client_id.value = draft.id
  }
  composer.addEventListener('input', () => {
    if (text.value) kept.set(name, JSON.stringify({text: text.value}))
    else kept.remove(name)
  })
  composer.addEventListener('submit', event => {
    if (!event.defaultPrevented) kept.set(name, JSON.stringify({text: text.value, id: composer.client_id.value}))
  })
}

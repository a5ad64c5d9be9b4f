// A change of a message that waits to be sent stands on the message as if it were done; one that failed, beside what
// the message says.

import {at} from './page.js'

// What a message shows without it.
const kept = new WeakMap()

const SAID = {edit: ({body}) => body, unsend: () => 'Message unsent'}

export function drawChange(item, pending) {
  const li = at(item.position)
  if (!li) return undefined
  // What has come since it was drawn stands there in its place.
  if (!li.dataset.change) kept.set(li, {nodes: [...body(li).childNodes], isUnsent: li.classList.contains('unsent')})
  li.dataset.change = item.id
  const {nodes, isUnsent} = kept.get(li)
  const said = item.failed ? undefined : SAID[item.kind]?.(item)
  body(li).replaceChildren(...(said === undefined ? nodes : [said]))
  li.classList.toggle('unsent', said === undefined ? isUnsent : item.kind === 'unsend')
  if (!li.querySelector('.delivery')) li.append(pending.content.querySelector('.delivery').cloneNode(true))
  return li
}

export function clear(li) {
  if (!li?.dataset.change) return
  const {nodes, isUnsent} = kept.get(li)
  body(li).replaceChildren(...nodes)
  li.classList.toggle('unsent', isUnsent)
  li.classList.remove('sending', 'failed')
  li.querySelector('.delivery')?.remove()
  delete li.dataset.change
}

const body = li => li.querySelector('.body')

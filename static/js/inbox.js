// The inbox beside a conversation: the open one stays marked, and is not unread while it is being read.

import {conversation, on} from './page.js'
import {showUnread} from './title.js'

const entry = id => document.getElementById('conversation-' + id)

if (conversation) {
  on('htmx:after:swap', () => entry(conversation)?.querySelector('a').setAttribute('aria-current', 'page'))
}

export function markRead(id) {
  const li = entry(id)
  if (!+li?.dataset.unread) return
  showUnread((document.title.match(/^\((\d+)/)?.[1] ?? 0) - li.dataset.unread)
  li.dataset.unread = 0
  li.querySelector('b')?.remove()
}

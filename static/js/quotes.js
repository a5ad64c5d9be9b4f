// A click on a quote, or on what is pinned, leads to its original; what one replies to stands above the text. Both are loaded when they are
// first needed.

import {byId, composer, conversation, messages, on} from './page.js'
import {recall} from './storage.js'

export const load = () => import('./replies.js').catch(() => {})

export function start() {
  messages?.addEventListener('click', follow)
  if (!messages || !composer) return
  composer.addEventListener('click', follow)
  byId('pinned').addEventListener('click', follow)
  on('parley:reply', async position => (await load())?.reply(position))
  if (composer.reply_to || recall(`reply:${conversation}`)) load()
}

async function follow(event) {
  const link = event.target.closest('a[data-position]')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  const replies = await load()
  if (replies) replies.follow(link.dataset.position)
  else location.assign(link.href)
}

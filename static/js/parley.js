// Everything here enhances pages that work without it. Without htmx nothing of it runs, and the pages work.

import * as actions from './actions.js'
import * as blocks from './blocks.js'
import * as clock from './clock.js'
import * as composer from './composer.js'
import * as focus from './focus.js'
import * as frames from './frames.js'
import * as grow from './grow.js'
import * as inbox from './inbox.js'
import * as keys from './keys.js'
import * as live from './live.js'
import * as menus from './menus.js'
import * as names from './names.js'
import * as news from './news.js'
import * as outbox from './outbox.js'
import * as page from './page.js'
import * as pick from './pick.js'
import * as quotes from './quotes.js'
import * as reactions from './reactions.js'
import * as read from './read.js'
import * as receipts from './receipts.js'
import * as rove from './rove.js'
import * as scroll from './scroll.js'
import * as sticky from './sticky.js'
import * as storage from './storage.js'
import * as style from './style.js'

const behaviours = [
  page, style, storage, frames, clock, scroll, sticky, inbox, live, names, outbox, composer, grow, read, news,
  menus, receipts, keys, focus, rove, actions, quotes, reactions, pick, blocks,
]
for (const behaviour of behaviours) behaviour.start()
document.documentElement.classList.add(live.isOff() ? 'off' : 'js')

// What few pages need, those load.
if (page.byId('to')) import('./recipients.js').then(recipients => recipients.start())
if (document.querySelector('.at-hand')) import('./copy.js').then(copy => copy.start())

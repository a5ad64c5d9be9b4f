// Everything here enhances pages that work without it. Without htmx nothing of it runs, and the pages work.

import './frames.js'
import './private.js'
import './clock.js'
import './bounded.js'
import './follow.js'
import './live.js'
import './outbox.js'
import './draft.js'
import './enter.js'
import './typing.js'
import './read.js'
import './inbox.js'

document.documentElement.classList.add('js')

// Everything here enhances pages that work without it. Without htmx nothing of it runs, and the pages work.

import './frames.js'
import './clock.js'
import './scroll.js'
import {off} from './live.js'
import './outbox.js'
import './writing.js'
import './read.js'

document.documentElement.classList.add(off ? 'off' : 'js')

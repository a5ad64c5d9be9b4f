// Back after signing out shows nothing: a page restored from the back-forward cache stays hidden and is asked for anew.

addEventListener('pagehide', () => { document.documentElement.style.display = 'none' })
addEventListener('pageshow', event => event.persisted && location.reload())

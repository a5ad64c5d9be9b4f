// A message's text, or the link to its page, is copied. Browsers let pages of https alone do that.

const SHOWN = 2000

export function start() {
  const message = document.querySelector('.at-hand .message')
  if (message) offer(document.querySelector('.actions'), message)
}

// What can be copied of a message, among its actions.
export function offer(actions, message) {
  if (!navigator.clipboard) return
  for (const button of actions.querySelectorAll('[data-copy]')) {
    button.hidden = false
    button.addEventListener('click', () => copy(button, message))
  }
}

async function copy({dataset, firstElementChild: label}, message) {
  const part = message.querySelector(dataset.copy === 'link' ? '.meta a' : '.body')
  await navigator.clipboard.writeText(part.href ?? part.textContent)
  const words = label.textContent
  label.textContent = 'Copied'
  setTimeout(() => { label.textContent = words }, SHOWN)
}

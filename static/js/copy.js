// A message's text, or the link to its page, is copied. Browsers let pages of https alone do that.

const SHOWN = 2000

export function start() {
  if (!navigator.clipboard) return
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false
    button.addEventListener('click', copy)
  }
}

async function copy({currentTarget: button}) {
  const message = document.querySelector('.at-hand .message')
  const kind = button.dataset.copy === 'link' ? '.meta a' : '.body'
  const part = message.querySelector(kind)
  await navigator.clipboard.writeText(part.href ?? part.textContent)
  const words = button.textContent
  button.firstElementChild.textContent = 'Copied'
  setTimeout(() => { button.firstElementChild.textContent = words }, SHOWN)
}

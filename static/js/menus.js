// A menu closes when one goes elsewhere, and by Escape, which returns to what opened it.

const open = () => document.querySelector('details.account[open]')

export function start() {
  for (const event of ['pointerdown', 'focusin']) addEventListener(event, leave)
  addEventListener('keydown', close)
}

function leave({target}) {
  const menu = open()
  if (menu && !menu.contains(target)) menu.open = false
}

function close(event) {
  const menu = open()
  if (event.key !== 'Escape' || !menu) return
  event.preventDefault()
  menu.open = false
  menu.querySelector('summary').focus()
}

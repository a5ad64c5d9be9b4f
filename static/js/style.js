// What only scripts show has a style sheet of its own, which is not loaded without them; what few pages show, one more.

const app = document.querySelector('link[href$="/css/app.css"]')

export function start() {
  if (app) load('css/scripted.css')
}

// A promise for when it is there, or is not to be had.
export function load(path) {
  const sheet = document.createElement('link')
  sheet.rel = 'stylesheet'
  sheet.href = app.href.replace('css/app.css', path)
  document.head.append(sheet)
  return new Promise(resolve => { sheet.onload = sheet.onerror = resolve })
}

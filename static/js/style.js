// What only scripts show has a style sheet of its own, which is not loaded without them.

export function start() {
  const app = document.querySelector('link[href$="/css/app.css"]')
  if (!app) return
  const sheet = document.createElement('link')
  sheet.rel = 'stylesheet'
  sheet.href = app.href.replace('css/app.css', 'css/scripted.css')
  document.head.append(sheet)
}

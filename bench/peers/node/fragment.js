// A message as HTML, of as many bytes as every stack of the comparison sends.

const BYTES = Number(process.env.FRAGMENT_BYTES)
const ESCAPED = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}
const escape = text => text.replace(/[&<>"']/g, character => ESCAPED[character])

module.exports = ({id, person, clientId, body, createdAt}) => {
  const iso = new Date(createdAt).toISOString().slice(0, 19) + 'Z'
  return (
    '<hx-partial hx-target="#messages" hx-swap="keyed">' +
    `<li class="message" id="message-${person}-${escape(clientId)}" data-position="${id}" data-author="${person}" data-created="${createdAt}">` +
    `<bdi class="author">Person ${person}</bdi> <time datetime="${iso}">${iso.slice(11, 16)}</time>` +
    `<p class="body" dir="auto">${escape(body)}</p></li></hx-partial>`
  ).padEnd(BYTES)
}

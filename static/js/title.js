// The total of unread messages stands in front of the page's title.

export function showUnread(count) {
  document.title = (count > 0 ? `(${count}) ` : '') + document.title.replace(/^\(\d+\+?\) /, '')
}

// What became of a message, from the receipts of others. Pure: the page is receipts.js's.

// How far all of them have read, and hold it; 0 where there are none.
export function least(receipts) {
  const of = name => receipts.length ? Math.min(...receipts.map(receipt => Number(receipt[name]))) : 0
  return {read: of('position'), delivered: of('delivered')}
}

export function stateOf(position, {read, delivered}) {
  return position <= read ? 'Read' : position <= delivered ? 'Delivered' : 'Sent'
}

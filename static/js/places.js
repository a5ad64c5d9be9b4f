// Where people have got to in a log. Pure: the page is readers.js's.

// The receipts at each message, which is the last one that these people have read; `isWhole` says that the log goes no
// further.
export function readersAt(messages, receipts, isWhole) {
  const places = new Map()
  for (const receipt of receipts) {
    const read = Number(receipt.dataset.position)
    const at = messages.findLast(message => Number(message.dataset.position) <= read)
    if (!read || !at || at === messages.at(-1) && !isWhole) continue
    places.set(at, [...places.get(at) ?? [], receipt])
  }
  return places
}

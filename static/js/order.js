// Where an element stands in its list, and which of two versions of it is the later one. Pure: the page is frames.js's.

// Messages ascend by position, inbox entries descend by activity, the pending stand last.
export function rank(item) {
  if (!item) return NaN
  if (item.id === 'unread') return rank(item.nextElementSibling) - 0.5
  if (item.className === 'older' || item.className === 'beginning') return -Infinity
  if (item.className === 'more') return rank(item.previousElementSibling) + 0.5
  const {active, position} = item.dataset
  if (position) return Number(position)
  if (active) return -Number(active)
  return Infinity
}

// The sibling, from the last one backwards, that an item stands behind; the item may be among them.
export function predecessor(last, item) {
  let before = last
  while (before && (before === item || rank(before) > rank(item))) before = before.previousElementSibling
  return before
}

// An element without a revision is never later, nor is one that is not there.
export const isLater = (one, other) => revision(one) > revision(other)
const revision = item => Number(item?.dataset.revision)

// Where a position lies beside the part of the log from `first` to `last`. Where nothing is older or newer than that
// part, it grows.
export function sideOf(position, {first, last, hasOlder, hasNewer}) {
  if (hasOlder && position < first) return 'before'
  if (hasNewer && position > last) return 'after'
  return 'inside'
}

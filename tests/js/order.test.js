import assert from 'node:assert/strict'
import {test} from 'node:test'
import {isLater, predecessor, rank, sideOf} from '../../static/js/order.js'

const li = (dataset, others = {}) => ({id: '', className: 'message', dataset, ...others})

function row(...items) {
  items.forEach((item, n) => { item.previousElementSibling = items[n - 1] ?? null })
  return items.at(-1)
}

test('messages ascend by position and the pending stand last', () => {
  assert.ok(rank(li({position: '9'})) < rank(li({position: '10'})))
  assert.ok(rank(li({position: '10'})) < rank(li({})))
})

test('inbox entries descend by activity', () => {
  assert.ok(rank(li({active: '200'})) < rank(li({active: '100'})))
})

test('older messages are linked at the top, newer ones at the end', () => {
  assert.equal(rank(li({}, {className: 'older'})), -Infinity)
  assert.equal(rank(li({}, {className: 'beginning'})), -Infinity)
  assert.equal(rank(li({}, {className: 'newer'})), Infinity)
})

test('further lines are linked right behind those that are held', () => {
  const [held, more, behind] = [li({active: '200'}), li({}, {className: 'more'}), li({active: '100'})]
  assert.equal(predecessor(row(held, more, behind), behind), more)
  assert.equal(predecessor(behind, li({active: '201'})), null)
})

test('the line of new messages stands right before what it announces', () => {
  const line = li({}, {id: 'unread', nextElementSibling: li({position: '5'})})
  assert.ok(rank(line) > 4 && rank(line) < 5)
})

test('an element stands behind the last one that ranks no higher', () => {
  const [four, six, pending] = [li({position: '4'}), li({position: '6'}), li({})]
  const last = row(four, six, pending)
  assert.equal(predecessor(last, li({position: '5'})), four)
  assert.equal(predecessor(last, li({position: '7'})), six)
  assert.equal(predecessor(last, li({})), pending)
  assert.equal(predecessor(last, li({position: '1'})), null)
  assert.equal(predecessor(null, li({position: '1'})), null)
})

test('an element does not stand behind itself', () => {
  const [four, six] = [li({position: '4'}), li({position: '6'})]
  assert.equal(predecessor(row(four, six), six), four)
})

test('only a higher revision is later', () => {
  assert.ok(isLater(li({revision: '10'}), li({revision: '9'})))
  assert.ok(!isLater(li({revision: '9'}), li({revision: '9'})))
  assert.ok(!isLater(undefined, li({revision: '9'})))
  assert.ok(!isLater(li({}), li({revision: '9'})))
})

test('the held part of the log grows only where nothing lies beyond it', () => {
  const part = {first: 10, last: 20, hasOlder: true, hasNewer: true}
  assert.equal(sideOf(9, part), 'before')
  assert.equal(sideOf(15, part), 'inside')
  assert.equal(sideOf(21, part), 'after')
  assert.equal(sideOf(9, {...part, hasOlder: false}), 'inside')
  assert.equal(sideOf(21, {...part, hasNewer: false}), 'inside')
})

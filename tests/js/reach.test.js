import assert from 'node:assert/strict'
import {test} from 'node:test'
import {least, stateOf} from '../../static/js/reach.js'
import {readersAt} from '../../static/js/places.js'

const receipt = (position, delivered = position) => ({position: `${position}`, delivered: `${delivered}`})
const reader = position => ({dataset: receipt(position)})
const message = position => ({dataset: {position: `${position}`}})

test('a message is read when all have read it, and delivered when all hold it', () => {
  const reached = least([receipt(9), receipt(3, 12)])
  assert.equal(stateOf(3, reached), 'Read')
  assert.equal(stateOf(4, reached), 'Delivered')
  assert.equal(stateOf(9, reached), 'Delivered')
  assert.equal(stateOf(10, reached), 'Sent')
})

test('without receipts a message is sent', () => {
  assert.equal(stateOf(1, least([])), 'Sent')
})

test('people stand at the last message that they have read', () => {
  const messages = [2, 5, 9].map(message), readers = [5, 7, 9, 12].map(reader)
  const places = readersAt(messages, readers, true)
  assert.deepEqual([...places.values()].map(all => all.map(({dataset}) => dataset.position)), [['5', '7'], ['9', '12']])
})

test('who has read beyond what is held here, or nothing of it, stands nowhere', () => {
  const messages = [5, 9].map(message)
  assert.equal(readersAt(messages, [reader(12)], false).size, 0)
  assert.equal(readersAt(messages, [reader(4), reader(0)], true).size, 0)
})

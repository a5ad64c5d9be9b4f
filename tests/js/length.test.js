import assert from 'node:assert/strict'
import {test} from 'node:test'
import {counted} from '../../static/js/length.js'

test('a character is one, however many units it takes', () => {
  assert.deepEqual(['', 'abc', '😂', 'é', '👍🏽'].map(counted), [0, 3, 1, 1, 2])
})

test('what is not stored does not count', () => {
  assert.equal(counted('\n\n  a b \n\n'), 5)
})

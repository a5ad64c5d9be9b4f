import assert from 'node:assert/strict'
import {test} from 'node:test'
import {isLeftOf} from '../../static/js/drafts.js'

test('what is left of a text is all of it, some of it from anywhere, or nothing', () => {
  for (const rest of ['Hello you', 'Hello', 'you', 'Hell you', '']) assert.ok(isLeftOf(rest, 'Hello you'))
  for (const other of ['Hello you!', 'you Hello', 'Goodbye', 'oo']) assert.ok(!isLeftOf(other, 'Hello y'))
})

test('one text is not left of another, though it may be as long', () => {
  assert.ok(!isLeftOf('two', 'one'))
  assert.ok(isLeftOf('one', 'one'))
})

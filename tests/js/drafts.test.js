import assert from 'node:assert/strict'
import {test} from 'node:test'
import {isKeptBy} from '../../static/js/drafts.js'

test('a tab in which nothing was written follows every other', () => {
  assert.ok(isKeptBy('', 'Hello'))
  assert.ok(isKeptBy('', ''))
})

test('words that go on in another tab, or were sent from there, are kept by it', () => {
  assert.ok(isKeptBy('Hello', 'Hello'))
  assert.ok(isKeptBy('Hello', 'Hello you'))
})

test('other words are no reason to lose those that were written here', () => {
  assert.ok(!isKeptBy('Hello', 'Goodbye'))
  assert.ok(!isKeptBy('Hello', ''))
})

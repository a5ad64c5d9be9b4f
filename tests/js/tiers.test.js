import assert from 'node:assert/strict'
import {test} from 'node:test'
import {betterThan, forced, isBetter, isFrame, nextAfter, politeness} from '../../static/js/tiers.js'

test('a tab steps down from sockets to streams to polls, and stays there', () => {
  assert.deepEqual(['ws', 'sse', 'poll'].map(nextAfter), ['sse', 'poll', 'poll'])
})

test('it tries again whatever is better', () => {
  assert.deepEqual(betterThan('poll'), ['ws', 'sse'])
  assert.deepEqual(betterThan('ws'), [])
  assert.ok(isBetter('ws', 'sse'))
  assert.ok(!isBetter('sse', 'sse'))
})

test('the address forces a tier, the tab remembers it, auto forgets it', () => {
  assert.equal(forced('sse', undefined), 'sse')
  assert.equal(forced('off', 'ws'), 'off')
  assert.equal(forced(null, 'poll'), 'poll')
  assert.equal(forced('nonsense', 'poll'), 'poll')
  assert.equal(forced('auto', 'poll'), undefined)
})

test('a restart is waited for briefly, a refusal long, anything else not at all', () => {
  assert.equal(politeness(1012), 500)
  assert.ok(politeness(4429) > politeness(1013))
  assert.equal(politeness(1006), 0)
  assert.equal(politeness(undefined), 0)
})

test('a heartbeat and a fragment are frames, the page of a captive portal is not', () => {
  assert.ok(isFrame(''))
  assert.ok(isFrame('<hx-cursor revision="3"></hx-cursor>'))
  assert.ok(!isFrame('<!doctype html><title>Welcome to the hotel</title>'))
})

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {backoff} from '../../static/js/backoff.js'

test('the wait doubles with each failure, up to 15 seconds', () => {
  assert.deepEqual([0, 1, 2, 3].map(failures => backoff(failures, 1, false)), [250, 500, 1000, 2000])
  assert.equal(backoff(50, 1, false), 15000)
})

test('a page in sight comes back within seconds of a restart, and waits longer where that does not help', () => {
  assert.equal(backoff(19, 1, true), 2500)
  assert.equal(backoff(20, 1, true), 15000)
})

test('pages that failed together come back anywhere within the wait', () => {
  assert.equal(backoff(3, 0), 0)
  assert.equal(backoff(3, 0.5), 1000)
})

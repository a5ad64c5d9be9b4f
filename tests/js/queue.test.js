import assert from 'node:assert/strict'
import {test} from 'node:test'
import {isItem, pause, Queue, verdict} from '../../static/js/queue.js'

const item = (id, others = {}) => ({id, conversation: '1', body: id, at: Number(id), ...others})
const ids = items => items.map(({id}) => id)

test('what was kept and is damaged is no message', () => {
  assert.ok(isItem(item('1')))
  for (const damaged of [undefined, null, 'x', 7, [], {}, item('1', {body: null}), item('1', {at: '1'}), {...item('1'), id: 1}]) {
    assert.ok(!isItem(damaged), JSON.stringify(damaged))
  }
})

test('messages wait in the order in which they were written', () => {
  assert.deepEqual(ids(new Queue([item('2'), item('3'), item('1')]).waiting()), ['1', '2', '3'])
})

test('a failed one waits for its author and does not hold up the others', () => {
  const queue = new Queue([item('1', {failed: 'Not sent.'}), item('2')])
  assert.deepEqual(ids(queue.waiting()), ['2'])
  assert.equal(queue.forPost(0).id, '2')
})

test('a socket takes each message of its conversation once', () => {
  const queue = new Queue([item('1'), item('2', {conversation: '2'}), item('3')])
  assert.deepEqual(ids(queue.forSocket('1', 0)), ['1', '3'])
  queue.hand('1', 3000)
  assert.deepEqual(ids(queue.forSocket('1', 0)), ['3'])
})

test('a POST waits while a socket has the first one in hand', () => {
  const queue = new Queue([item('1'), item('2')])
  queue.hand('1', 3000)
  assert.equal(queue.forPost(2999), undefined)
  assert.equal(queue.forPost(3001).id, '1')
})

test('behind one that was not acknowledged in time nothing more goes to the socket', () => {
  const queue = new Queue([item('1'), item('2')])
  queue.hand('1', 3000)
  assert.deepEqual(ids(queue.forSocket('1', 3001)), [])
})

test('a new connection is handed everything again', () => {
  const queue = new Queue([item('1')])
  queue.hand('1', 3000)
  queue.takeBack()
  assert.deepEqual(ids(queue.forSocket('1', 3001)), ['1'])
})

test('an empty queue has nothing to send', () => {
  const queue = new Queue()
  assert.deepEqual(queue.forSocket('1', 0), [])
  assert.equal(queue.forPost(0), undefined)
})

test('a message is written after those before it, though the clock went back', () => {
  assert.equal(new Queue([item('50')]).at(40), 51)
  assert.equal(new Queue([item('50')]).at(60), 60)
})

test('only an answer that holds the message proves that it was sent', () => {
  assert.equal(verdict({ok: true, status: 200}, true, 0), 'sent')
  assert.equal(verdict({ok: true, status: 200}, false, 0), 'again')
  assert.equal(verdict({ok: false, status: 503}, true, 0), 'again')
})

test('the status says what went wrong', () => {
  const said = status => verdict({ok: false, status}, false, 0)
  assert.deepEqual([401, 429, 500].map(said), ['signed out', 'too fast', 'again'])
  assert.deepEqual([...new Set([403, 404, 413, 422].map(said))], ['refused'])
})

test('after three tries more it is up to the author', () => {
  assert.deepEqual([2, 3].map(tries => verdict({ok: false, status: 503}, false, tries)), ['again', 'failed'])
  assert.ok(pause(1, 1) < pause(2, 0.5))
})

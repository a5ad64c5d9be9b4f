import assert from 'node:assert/strict'
import {test} from 'node:test'
import {formOf, frameOf, isDone, isItem, pathOf, pause, Queue, verdict} from '../../static/js/queue.js'

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

const change = (id, others = {}) => ({id, conversation: '1', at: Number(id), kind: 'edit', position: 7, body: id, revision: 9, ...others})

test('what is kept is of a kind that is known, and has what that needs', () => {
  assert.ok(isItem(change('1')))
  assert.ok(isItem(change('1', {kind: 'unsend', body: undefined})))
  for (const damaged of [{kind: 'x'}, {kind: 'toString'}, {position: '7'}, {body: null}, {revision: undefined}]) {
    assert.ok(!isItem(change('1', damaged)), JSON.stringify(damaged))
  }
})

test('a frame and a form have the same fields', () => {
  assert.equal(pathOf(item('1')), '/chat/1/messages/')
  assert.deepEqual(frameOf(item('1')), {type: 'message', client_id: '1', body: '1', reply_to: undefined})
  assert.deepEqual(formOf(item('1')), {client_id: '1', body: '1'})
  assert.deepEqual(formOf(item('1', {reply_to: 5})), {client_id: '1', body: '1', reply_to: 5})
  assert.equal(pathOf(change('1')), '/chat/1/7/edit/')
  assert.deepEqual(frameOf(change('1')), {type: 'edit', position: 7, body: '1', revision: 9})
  assert.equal(pathOf(change('1', {kind: 'unsend'})), '/chat/1/7/unsend/')
  assert.deepEqual(frameOf(change('1', {kind: 'unsend'})), {type: 'unsend', position: 7})
})

test('an edit is done when a later message says its text, and by no other change', () => {
  const shown = others => isDone(change('1'), {revision: 10, body: '1', isUnsent: false, ...others})
  assert.ok(shown({}))
  assert.ok(!shown({body: 'of another device'}))
  assert.ok(!shown({revision: 9}))
  assert.ok(!isDone(item('1'), {revision: 10, body: '1'}))
})

test('unsending is done when the message is a tombstone', () => {
  for (const isUnsent of [true, false]) assert.equal(isDone(change('1', {kind: 'unsend'}), {isUnsent}), isUnsent)
})

const reaction = (id, others = {}) => change(id, {kind: 'react', body: undefined, emoji: '👍', on: true, ...others})

test('a reaction has an emoji, and says whether it is there', () => {
  assert.ok(isItem(reaction('1', {revision: undefined})))
  for (const damaged of [{emoji: 7}, {on: 1}, {on: undefined}, {position: '7'}]) {
    assert.ok(!isItem(reaction('1', damaged)), JSON.stringify(damaged))
  }
  assert.equal(pathOf(reaction('1')), '/chat/1/7/react/')
  assert.deepEqual(frameOf(reaction('1', {on: false})), {type: 'react', position: 7, emoji: '👍', on: false})
  assert.deepEqual(formOf(reaction('1')), {position: 7, emoji: '👍', on: 1})
  assert.deepEqual(formOf(reaction('1', {on: false})), {position: 7, emoji: '👍', on: 0})
})

test('a reaction is done when the message shows what is wanted, and not when it does not tell', () => {
  const shown = has => ({hasOwn: emoji => emoji === '👍' ? has : false})
  for (const on of [true, false]) {
    assert.ok(isDone(reaction('1', {on}), shown(on)))
    for (const other of [!on, undefined]) assert.ok(!isDone(reaction('1', {on}), shown(other)))
  }
  assert.ok(!isDone(reaction('1', {emoji: '🎉'}), shown(true)))
})

test('a reaction takes the place of one with the same emoji that still waits', () => {
  const queue = new Queue([reaction('1')])
  assert.equal(queue.replacedBy(reaction('2', {on: false})).id, '1')
  assert.equal(queue.replacedBy(reaction('2', {emoji: '🎉'})), undefined)
  assert.equal(queue.replacedBy(change('2')), undefined)
  queue.hand('1', 3000)
  assert.equal(queue.replacedBy(reaction('2')), undefined)
})

test('what a message shows is an answer to the first of several reactions with an emoji', () => {
  const all = [reaction('1'), reaction('2', {emoji: '🎉'}), reaction('3', {on: false})]
  const queue = new Queue(all)
  assert.deepEqual(all.map(item => queue.isNext(item)), [true, true, false])
  queue.drop('1')
  assert.ok(queue.isNext(all[2]))
})

test('a change of a message waits for the one before it', () => {
  const queue = new Queue([change('1'), change('2', {kind: 'unsend'}), change('3', {position: 8}), item('4')])
  assert.deepEqual(ids(queue.forSocket('1', 0)), ['1', '3', '4'])
  queue.hand('1', 3000)
  assert.deepEqual(ids(queue.forSocket('1', 0)), ['3', '4'])
  queue.drop('1')
  assert.deepEqual(ids(queue.forSocket('1', 0)), ['2', '3', '4'])
})

test('a later text takes the place of one that nothing has in hand', () => {
  const queue = new Queue([change('1')])
  assert.equal(queue.replacedBy(change('2')).id, '1')
  assert.equal(queue.replacedBy(change('2', {position: 8})), undefined)
  assert.equal(queue.replacedBy(change('2', {kind: 'unsend'})), undefined)
  assert.equal(queue.replacedBy(change('2', {conversation: '2'})), undefined)
  queue.hand('1', 3000)
  assert.equal(queue.replacedBy(change('2')), undefined)
})

test('a text for a message that has had another one meanwhile is refused', () => {
  assert.equal(verdict({ok: false, status: 409}, false, 0), 'refused')
})

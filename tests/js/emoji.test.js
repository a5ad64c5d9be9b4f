import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse, search, toned, withLatest} from '../../static/js/emoji.js'

const groups = parse([
  'Smileys', '😀\tgrinning face\thappy smile', '😻\tsmiling cat with heart-eyes\theart love',
  'People', '✋️\traised hand\tfive high\t1', '🧑‍🚀\tastronaut\tspace\t1', '❤️\theart\tlove red', '',
].join('\n'))
const labels = query => search(groups, query).map(({label}) => label)

test('the lines are groups of emoji', () => {
  assert.deepEqual(groups.map(({name, all}) => [name, all.length]), [['Smileys', 2], ['People', 3]])
})

test('an emoji is found by the beginnings of words of its name and tags', () => {
  assert.deepEqual(labels('GRIN'), ['grinning face'])
  assert.deepEqual(labels('hap face'), ['grinning face'])
  assert.deepEqual(labels('inning'), [])
  assert.deepEqual(labels('space'), ['astronaut'])
})

test('those whose name begins with what was asked for come first', () => {
  assert.deepEqual(labels('heart'), ['heart', 'smiling cat with heart-eyes'])
})

test('a skin tone stands behind the first character of those that have one', () => {
  const [{all: [face]}, {all: [hand, astronaut]}] = groups
  assert.equal(toned(hand, '🏽'), '✋🏽')
  assert.equal(toned(astronaut, '🏽'), '🧑🏽‍🚀')
  assert.equal(toned(face, '🏽'), '😀')
  assert.equal(toned(hand, ''), '✋️')
})

test('of recent ones each stands once, the latest first', () => {
  assert.deepEqual(withLatest(['a', 'b', 'c'], 'b', 3), ['b', 'a', 'c'])
  assert.deepEqual(withLatest(['a', 'b', 'c'], 'd', 3), ['d', 'a', 'b'])
})

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {continues, dayName, isRecent, isSameDay} from '../../static/js/days.js'

const NOW = new Date(2026, 10, 27, 0, 30)
const RUN = 300000

const li = (author, date) => ({dataset: {author, created: String(date.getTime())}})
const named = (...date) => dayName(new Date(...date), NOW, 'en-GB')

test('days are called as people call them', () => {
  assert.equal(named(2026, 10, 27), 'Today')
  assert.equal(named(2026, 10, 26, 23, 59), 'Yesterday')
  assert.equal(named(2026, 10, 23), 'Monday')
  assert.equal(named(2026, 10, 21), 'Saturday')
  assert.equal(named(2026, 10, 20), '20 November')
  assert.equal(named(2025, 10, 27), '27 November 2025')
})

test('a clock that is ahead makes a date of tomorrow', () => {
  assert.equal(named(2026, 10, 28), '28 November')
})

test('a day has a name for a week', () => {
  assert.ok(isRecent(new Date(2026, 10, 21), NOW))
  assert.ok(!isRecent(new Date(2026, 10, 20), NOW))
  assert.ok(!isRecent(new Date(2026, 10, 28), NOW))
})

test('in the language of the reader', () => {
  assert.equal(dayName(new Date(2026, 10, 26), NOW, 'de'), 'Gestern')
})

test('a day ends at midnight', () => {
  assert.ok(!isSameDay(new Date(2026, 10, 26, 23, 59), NOW))
})

test('a run is one author, within minutes, on one day', () => {
  const first = li('1', new Date(2026, 10, 27, 9, 0))
  assert.ok(continues(li('1', new Date(2026, 10, 27, 9, 4)), first, RUN))
  assert.ok(!continues(li('2', new Date(2026, 10, 27, 9, 4)), first, RUN))
  assert.ok(!continues(li('1', new Date(2026, 10, 27, 9, 5)), first, RUN))
  assert.ok(!continues(li('1', NOW), li('1', new Date(2026, 10, 26, 23, 59)), RUN))
})

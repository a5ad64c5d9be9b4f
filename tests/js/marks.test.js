import assert from 'node:assert/strict'
import {test} from 'node:test'
import {wrapped} from '../../static/js/marks.js'

// A text after the marks were put around what stands between the bars, or taken away.
function after(text, mark) {
  const [before, words, rest] = text.split('|')
  const [start, end] = [before.length, before.length + words.length]
  const whole = before + words + rest
  const to = wrapped(whole, start, end, mark)
  return whole.slice(0, to.start) + to.words + whole.slice(to.end)
}

test('marks stand around what is selected', () => {
  assert.equal(after('say |this| loud', '**'), 'say **this** loud')
  assert.equal(after('say |this| so', '*'), 'say *this* so')
  assert.equal(after('||', '`'), '``')
})

test('marks that stand there already go', () => {
  assert.equal(after('say **|this|** loud', '**'), 'say this loud')
  assert.equal(after('say *|this|* so', '*'), 'say this so')
})

test('bold words become italic as well, and each goes alone', () => {
  assert.equal(after('**|this|**', '*'), '***this***')
  assert.equal(after('***|this|***', '*'), '**this**')
  assert.equal(after('***|this|***', '**'), '*this*')
})

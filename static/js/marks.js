// Which part of a text to replace, by what, and where the words themselves begin then.
export function wrapped(text, start, end, mark) {
  const {length} = mark
  const words = text.slice(start, end)
  const around = Math.min(run(text.slice(0, start), -1, mark[0]), run(text.slice(end), 1, mark[0]))
  const isMarked = length === 2 ? around >= 2 : around % 2 === 1
  return isMarked
    ? {start: start - length, end: end + length, words, inner: start - length}
    : {start, end, words: mark + words + mark, inner: start + length}
}

// How many of a character stand at the start or, backwards, at the end of a text.
function run(text, step, character) {
  let number = 0
  while (text.at(step < 0 ? -1 - number : number) === character) number++
  return number
}

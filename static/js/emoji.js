// The emoji of static/vendor/emoji.txt, found by their words. Pure: the dialog is picker.js's.

export function parse(text) {
  const groups = []
  for (const line of text.trim().split('\n')) {
    const [emoji, label, tags, tone] = line.split('\t')
    if (label === undefined) groups.push({name: emoji, all: []})
    else groups.at(-1).all.push({emoji, label, words: ` ${label} ${tags}`.toLowerCase(), hasTone: !!tone})
  }
  return groups
}

// Those that have a word which begins with each word of the query; first those whose name begins with all of it.
export function search(groups, query) {
  const text = query.toLowerCase().trim()
  const wanted = text.split(/\s+/)
  const found = groups.flatMap(({all}) => all).filter(({words}) => wanted.every(word => words.includes(` ${word}`)))
  const isNamed = ({label}) => label.toLowerCase().startsWith(text)
  return [...found.filter(isNamed), ...found.filter(each => !isNamed(each))]
}

export function toned({emoji, hasTone}, tone) {
  if (!hasTone || !tone) return emoji
  const [first, ...rest] = emoji
  return first + tone + rest.join('').replace(/^\ufe0f/, '')
}

// The latest first, each once.
export const withLatest = (recent, emoji, most) => [emoji, ...recent.filter(each => each !== emoji)].slice(0, most)

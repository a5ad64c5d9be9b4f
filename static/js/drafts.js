// Whose words a draft holds. Pure.

// Whether it is what is left of a text of which some was deleted.
export const isLeftOf = (rest, text) => !text.split('').reduce((left, unit) => left.slice(left[0] === unit), rest)

// Days and runs of one author, in the zone and the words of the reader. Pure.

const DAY = 86400000

export const isSameDay = (one, other) => one.toDateString() === other.toDateString()

export function continues(message, before, run) {
  const [said, saidBefore] = [message, before].map(({dataset}) => Number(dataset.created))
  return message.dataset.author === before.dataset.author && said - saidBefore < run
    && isSameDay(new Date(said), new Date(saidBefore))
}

// Today, Yesterday, the days of this week by their names, then the date; its year where it is another one.
export function dayName(date, now, locale) {
  const ago = daysAgo(date, now)
  if (ago === 0 || ago === 1) {
    const words = new Intl.RelativeTimeFormat(locale, {numeric: 'auto'}).format(-ago, 'day')
    return words[0].toLocaleUpperCase(locale) + words.slice(1)
  }
  if (ago > 1 && ago < 7) return date.toLocaleDateString(locale, {weekday: 'long'})
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return date.toLocaleDateString(locale, {day: 'numeric', month: 'long', year})
}

// Whether it is called by a name and not by its date.
export const isRecent = (date, now) => daysAgo(date, now) >= 0 && daysAgo(date, now) < 7

const daysAgo = (date, now) => Math.round((midnight(now) - midnight(date)) / DAY)
const midnight = date => new Date(date).setHours(0, 0, 0, 0)

// The transports, the best first; and what their answers mean. Pure.

export const TIERS = ['ws', 'sse', 'poll']

export const isBetter = (one, other) => TIERS.indexOf(one) < TIERS.indexOf(other)
export const betterThan = tier => TIERS.filter(other => isBetter(other, tier))
export const known = tier => TIERS.includes(tier) ? tier : TIERS[0]
export const nextAfter = tier => TIERS[TIERS.indexOf(tier) + 1] ?? tier

// The tier that this tab stays at: what the address asks for, else what it asked for before, else none.
export function forced(asked, kept) {
  if (asked === 'auto') return undefined
  return [asked, kept].find(tier => tier === 'off' || TIERS.includes(tier))
}

// Milliseconds to wait at least before coming back: longer where the server is busy than where it restarts.
export const politeness = code => ({1012: 500, 1013: 1000, 4400: 15000, 4429: 15000})[code] ?? 0

// A captive portal answers too, but not with a frame.
export const isFrame = text => text === '' || text.includes('<hx-')

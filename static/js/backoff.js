// Full jitter, so that a thousand pages do not come back in the same moment.

const LONGEST = 15000, SHORTEST = 250

export const backoff = (failures, random = Math.random()) => random * Math.min(LONGEST, SHORTEST * 2 ** failures)

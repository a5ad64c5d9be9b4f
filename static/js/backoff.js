// Full jitter, so that a thousand pages do not come back in the same moment. A visible page retries within
// seconds, for as long as a restart takes; only in a longer outage does it wait longer, too.

const LONGEST = 15000, LONGEST_IN_SIGHT = 2500, SHORTEST = 250, MANY = 20

export function backoff(failures, random = Math.random(), isInSight = !globalThis.document?.hidden) {
  const longest = isInSight && failures < MANY ? LONGEST_IN_SIGHT : LONGEST
  return random * Math.min(longest, SHORTEST * 2 ** failures)
}

// Full jitter, so that a thousand pages do not come back in the same moment. Who looks at a page waits for a restart at
// most as long as one takes; only an outage that goes on makes that wait long, too.

const LONGEST = 15000, LONGEST_IN_SIGHT = 2500, SHORTEST = 250, MANY = 20

export function backoff(failures, random = Math.random(), isInSight = !globalThis.document?.hidden) {
  const longest = isInSight && failures < MANY ? LONGEST_IN_SIGHT : LONGEST
  return random * Math.min(longest, SHORTEST * 2 ** failures)
}

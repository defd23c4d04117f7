// When to try again: each change at growing distances, and a receiver at which nothing gets through by one probe now
// and then, so that it is neither flooded nor everything stored meanwhile.

const firstMs = 1_000
const longestMs = 3_600_000
const longestProbeMs = 300_000
// Failures at so many addresses, with no success in between, are the receiver's and not theirs.
const failingQueuesMax = 5

/** Doubles with each failure, with jitter, so that what failed together does not come back together. */
export function retryInMs(failures: number, longest = longestMs, random = Math.random): number {
  return Math.min(firstMs * 2 ** (failures - 1), longest) * (0.75 + random() / 2)
}

export class EndpointHealth {
  readonly #failing = new Set<string>()
  #failingSince: number | null
  #isDown: boolean
  #probes = 0
  #probeAt = 0

  constructor(failingSince: number | null) {
    this.#failingSince = failingSince
    this.#isDown = failingSince !== null
  }

  /** Nothing gets through, whoever it is about. */
  get isDown(): boolean {
    return this.#isDown
  }

  /** Null while it is up. */
  get failingSince(): number | null {
    return this.#isDown ? this.#failingSince : null
  }

  /** How long until something new may be tried. */
  probeInMs(now: number): number {
    return this.#isDown ? Math.max(0, this.#probeAt - now) : 0
  }

  /** True where it was down until now. */
  succeeded(): boolean {
    const wasDown = this.#isDown
    this.reset()
    return wasDown
  }

  reset(): void {
    this.#failing.clear()
    this.#failingSince = null
    this.#isDown = false
    this.#probes = 0
    this.#probeAt = 0
  }

  /** True where it is down from now on. */
  failed(queue: string, now: number): boolean {
    this.#failingSince ??= now
    this.#failing.add(queue)
    if (this.#failing.size < failingQueuesMax && !this.#isDown) return false
    const wentDown = !this.#isDown
    this.#isDown = true
    // Further queues need not be remembered.
    this.#failing.clear()
    this.#probes++
    this.#probeAt = now + retryInMs(this.#probes, longestProbeMs)
    return wentDown
  }
}

// Waiting on a condition with a limit, in place of a sleep. It knows time only.
import { setTimeout as pause } from 'node:timers/promises'

export interface Patience {
  /** The limit; past it the wait is an error. */
  readonly withinMs: number
  /** The pause between two looks; 20 ms unless told. */
  readonly everyMs?: number
  /** What is waited for, to say when it did not come. */
  readonly what?: string
}

/**
 * Looks at `condition` until it gives something truthy, and gives that. A condition that throws counts as "not yet".
 * @throws Error naming the limit, with the last thrown error as its cause
 */
export async function eventually<T>(condition: () => T | Promise<T>, patience: Patience): Promise<Truthy<T>> {
  const deadline = Date.now() + patience.withinMs
  let cause: unknown
  for (;;) {
    try {
      const seen = await condition()
      if (isTruthy(seen)) return seen
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (Date.now() >= deadline) {
      const reason = cause instanceof Error ? `: ${cause.message}` : ''
      throw new Error(`${patience.what ?? 'the condition'} did not come true within ${patience.withinMs} ms${reason}`, {
        cause,
      })
    }
    await pause(patience.everyMs ?? 20)
  }
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>

function isTruthy<T>(seen: T): seen is Truthy<T> {
  return Boolean(seen)
}

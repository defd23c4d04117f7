// Reads of many callers in one statement: those that came in the same turn of the event loop, and those that came while
// others were on their way. A question goes out after it came, so that it sees whatever was committed before, and alone
// it waits for nobody. It must not know what is asked.

import { StoreUnavailable } from '../service/ports.js'

export interface TogetherLimits {
  /** Of one statement. Questions are not divided: one that is longer goes alone. */
  readonly keysMax: number
}

// One is answered while the other is asked; more would be smaller, and take connections from everybody else.
const underWayMax = 2
// As many as may wait for a connection.
const waitingMax = 2_000

interface Waiting<Key, Found> {
  readonly keys: readonly Key[]
  resolve(found: Found): void
  reject(cause: unknown): void
}

/**
 * Makes the function that asks for keys; what it gives also holds what others asked for. Where a statement fails, all
 * whose keys were in it hear so.
 */
export function askTogether<Key, Found>(
  ask: (keys: readonly Key[]) => Promise<Found>,
  { keysMax }: TogetherLimits,
): (keys: readonly Key[]) => Promise<Found> {
  let waiting: Waiting<Key, Found>[] = []
  let underWay = 0
  let isBeginning = false

  const begin = (): void => {
    isBeginning = false
    while (waiting.length > 0 && underWay < underWayMax) void carryOut(nextOf())
  }
  const nextOf = (): readonly Waiting<Key, Found>[] => {
    let keys = 0
    const end = waiting.findIndex((question, index) => {
      keys += question.keys.length
      return index > 0 && keys > keysMax
    })
    const next = end === -1 ? waiting : waiting.slice(0, end)
    waiting = end === -1 ? [] : waiting.slice(end)
    return next
  }
  const carryOut = async (questions: readonly Waiting<Key, Found>[]): Promise<void> => {
    underWay += 1
    try {
      const found = await ask([...new Set(questions.flatMap(({ keys }) => keys))])
      for (const { resolve } of questions) resolve(found)
    } catch (cause) {
      for (const { reject } of questions) reject(cause)
    } finally {
      underWay -= 1
      begin()
    }
  }

  return keys =>
    new Promise((resolve, reject) => {
      if (waiting.length >= waitingMax) {
        reject(new StoreUnavailable(`more than ${waitingMax} wait for an answer of the database`))
        return
      }
      waiting.push({ keys, resolve, reject })
      if (isBeginning || underWay === underWayMax) return
      isBeginning = true
      // Behind everything that was read from sockets in this turn.
      setImmediate(begin)
    })
}

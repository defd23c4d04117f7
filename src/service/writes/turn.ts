// Two batches on their way at a time: the second one locks, reads and folds while the first one is being written, and
// is written behind it. It knows which batches may do so and how the second one waits; it must not know what they do.

import type { LogHead } from '../ports.js'
import type { Submission } from './submission.js'

/** The batch ahead has to begin again, and so has the one that followed it. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

/** The place of one batch among those of this process: who is ahead of it, and what the one behind it goes by. */
export class Turn {
  /** The head as the batch ahead will leave it, if nobody else writes in between; null where nobody is ahead. */
  readonly foreseen: LogHead | null
  /** The head that this batch is about to leave, once it holds all of its locks; null where it failed before. */
  readonly left: Promise<LogHead | null>
  #ahead: Turn | null
  readonly #isStored: Promise<boolean>
  #leave: (head: LogHead | null) => void = () => {}
  #end: (isStored: boolean) => void = () => {}

  constructor(ahead: { readonly turn: Turn; readonly head: LogHead } | null = null) {
    this.#ahead = ahead?.turn ?? null
    this.foreseen = ahead?.head ?? null
    this.left = new Promise(resolve => {
      this.#leave = resolve
    })
    this.#isStored = new Promise(resolve => {
      this.#end = resolve
    })
  }

  /** Resolves when the batch ahead is in the store; throws Overtaken where it is not. */
  async comes(): Promise<void> {
    if (this.#ahead !== null && !(await this.#ahead.#isStored)) throw new Overtaken('the batch ahead begins again')
  }

  leaves(head: LogHead): void {
    this.#leave(head)
  }

  ends(isStored: boolean): void {
    this.#leave(null)
    this.#end(isStored)
    // Each would else keep all that ever were before it.
    this.#ahead = null
  }
}

/**
 * How many of a queue, from its first on, may be read before the batch ahead of them is written. What both name, the
 * second would not see as the first leaves it. What only the store knows them to have in common, such as the address of
 * a person that is named by its id, the locks keep in order.
 */
export function followersIn(queue: readonly Submission[], ahead: readonly Submission[]): number {
  const before = new Set<string>()
  for (const submission of ahead) {
    const names = namesIn(submission)
    if (names === null) return 0
    for (const name of names) before.add(name)
  }
  const first = queue.findIndex(submission => namesIn(submission)?.some(name => before.has(name)) ?? true)
  return first === -1 ? queue.length : first
}

// Null: it reaches farther than what it names.
function namesIn({ command, replay }: Submission): readonly string[] | null {
  const names = replay.type === 'none' ? [] : [`answer ${replay.replayKey}`]
  if (replay.type === 'named' && replay.requestKey !== undefined) names.push(`answer ${replay.requestKey}`)
  switch (command.type) {
    case 'set-subscription':
      return [...names, `address ${command.address.key}`]
    case 'save-person': {
      const { id, foreignId, cookie, address } = command.identity
      if (id !== undefined) names.push(`id ${id}`)
      if (foreignId !== undefined) names.push(`foreign id ${foreignId.system}\u0000${foreignId.value}`)
      if (cookie !== undefined) names.push(`cookie ${cookie}`)
      if (address !== undefined) names.push(`address ${address.key}`)
      if (command.address) names.push(`address ${command.address.key}`)
      return names
    }
    case 'delete-person':
    case 'merge-people':
    case 'change-list':
    case 'continue-fan-out':
      return null
    default:
      return command satisfies never
  }
}

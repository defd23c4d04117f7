// Group commits for tests: over any store, with what they reported kept for looking at.

import type { CommandStore } from '../../src/service/ports.js'
import type { GroupCommitEvents } from '../../src/service/writes/batch-run.js'
import { GroupCommit, type GroupCommitLimits } from '../../src/service/writes/group-commit.js'
import type { Answer } from '../../src/service/writes/submission.js'
import { aHashAddress, someReasons } from './builders.js'

export interface Reported {
  readonly batches: number[]
  readonly commands: Answer['type'][]
  readonly retries: Error[]
  readonly defects: unknown[]
}

export function aGroupCommit(
  store: CommandStore,
  limits: Partial<GroupCommitLimits> = {},
): { readonly writes: GroupCommit; readonly reported: Reported } {
  const reported: Reported = { batches: [], commands: [], retries: [], defects: [] }
  const events: GroupCommitEvents = {
    batch: ({ size }) => void reported.batches.push(size),
    command: (_, answer) => void reported.commands.push(answer),
    retry: cause => void reported.retries.push(cause),
    defect: cause => void reported.defects.push(cause),
  }
  return {
    writes: new GroupCommit(store, { hashAddress: aHashAddress, resubscribeReasons: someReasons, limits, events }),
    reported,
  }
}

/** The outcome of an answer that was carried out or replayed. */
export function outcomeOf(answer: Answer | Error | undefined) {
  if (answer === undefined || answer instanceof Error) throw answer ?? new Error('there is no answer')
  if (answer.type !== 'carried-out' && answer.type !== 'replayed')
    throw new Error(`answered: ${JSON.stringify(answer)}`)
  return answer.outcome
}

/** The id of the person that was saved. */
export function personIdOf(answer: Answer | Error | undefined): number {
  const outcome = outcomeOf(answer)
  if (!('personId' in outcome)) throw new Error(`nobody was saved: ${JSON.stringify(outcome)}`)
  return outcome.personId
}

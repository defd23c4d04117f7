// What commands would do, found out by doing all of it but writing: the same reading, the same rules, and then
// everything is undone. Nothing is locked longer than for the reading, and the log's head never.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AddressKey } from '../../domain/address.js'
import { personIdMax } from '../../domain/person.js'
import type { ResubscribeReason } from '../../domain/resubscribe.js'
import { type BatchTransaction, type CommandStore, type LogHead, StoreUnavailable } from '../ports.js'
import { type BatchEnvironment, carryOut, type Named } from '../writes/batch.js'
import type { Answer, Submission } from '../writes/submission.js'

export interface BatchFacts {
  readonly hashAddress: (key: AddressKey) => string
  /** What admins allow as reasons for ending a guarded opt-out. Absent: none. */
  readonly resubscribeReasons?: () => readonly ResubscribeReason[]
  readonly now: () => number
}

/** Thrown to have the store undo what was read and locked. */
class Undone extends Error {
  override readonly name = 'Undone'
}

// Other batches get in the way of the locks now and then; that often in a row it is for the caller to wait.
const attemptsMax = 8
const pauseMs = 20

const noHead: LogHead = { seq: 0, activityId: 0, hash: '' }

/** Answers as the commands would get them; names under which they were answered before do not count. */
export async function rehearse(
  submissions: readonly Submission[],
  store: Pick<CommandStore, 'transact'>,
  { hashAddress, now, resubscribeReasons: reasons = () => [] }: BatchFacts,
): Promise<readonly Answer[]> {
  const batch = submissions.map(submission => ({
    ...submission,
    replay: { type: 'none' } as const,
    commandId: randomBytes(16).toString('hex'),
  }))
  // They are given to nobody, so it does not matter whether somebody has them.
  const freshPersonIds = batch.map((_, index) => personIdMax + 1 + index)
  for (let attempt = 1; ; attempt++) {
    try {
      // Nothing of it is kept, so nothing can be guessed by its hash.
      const unsalted = { salt: () => '', now, freshPersonIds, hashAddress, answersKeptMs: 0 }
      const environment = { ...unsalted, resubscribeReasons: reasons() }
      return await attemptOf(batch, store, environment)
    } catch (cause) {
      if (!(cause instanceof StoreUnavailable) || attempt === attemptsMax) throw cause
      await delay(pauseMs * attempt)
    }
  }
}

async function attemptOf(
  batch: readonly Named[],
  store: Pick<CommandStore, 'transact'>,
  environment: BatchEnvironment,
): Promise<readonly Answer[]> {
  let answers: readonly Answer[] = []
  try {
    await store.transact(async transaction => {
      const rehearsal: BatchTransaction = {
        findAnswers: keys => transaction.findAnswers(keys),
        read: wanted => transaction.read(wanted),
        open: async (_, wanted) => ({ found: new Map(), situation: await transaction.read(wanted), head: noHead }),
        lockHead: async () => noHead,
        append: async () => {},
      }
      answers = (await carryOut(batch, rehearsal, environment)).answers
      throw new Undone()
    })
  } catch (cause) {
    if (!(cause instanceof Undone)) throw cause
  }
  return answers
}

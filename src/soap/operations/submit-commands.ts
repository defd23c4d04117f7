// Many commands of one call, carried out in their order and answered one by one. Knows what may go wrong for one of
// them and what for the call as a whole; must not know what a command does.

import type { Command, Outcome } from '../../domain/command.js'
import { causeOf } from '../../service/service.js'
import { isPassing } from '../../service/writes/background.js'
import type { Answer } from '../../service/writes/submission.js'
import { thrownFault } from '../answer-fault.js'
import type { Call } from '../call.js'
import { type Answered, fault, faultKinds } from '../faults.js'
import { outcomeOf, replaysOf } from './submit-command.js'

/** A command with its place in the call, from 0 on: the same call must give it the same place again. */
export interface Part {
  readonly command: Command
  readonly place: number
}

/** What one call hands over at once. More goes in turns, so that no call fills the queue for all others. */
export const turnMax = 1_000

/**
 * One answer for each part, in order; what has no answer has a fault of its own. A fault instead of all of them: the
 * ClientRequestId belongs to another request, or to one that is being carried out. Rejects like `submit` where not one
 * part was answered, so that the caller tries all of it again.
 */
export async function submitCommands(
  parts: readonly Part[],
  call: Call,
): Promise<Answered<readonly Answered<Outcome>[]>> {
  const results: Answered<Outcome>[] = []
  const replayOf = replaysOf(call)
  let answered = 0
  let failure: Error | undefined
  for (const turn of turnsOf(parts, call)) {
    // The parts build on each other: once one could not be written, none behind it is tried.
    const answers =
      failure !== undefined && isPassing(failure) ? turn.map(() => failure!) : await submitTurn(turn, replayOf, call)
    for (const answer of answers) {
      if (answer instanceof Error) {
        failure = answer
        results.push({ type: 'fault', fault: faultOf(answer) })
        continue
      }
      const result = outcomeOf(answer, call.operation)
      if (result.type === 'fault' && answer.type !== 'rejected') return result
      results.push(result)
      answered++
    }
  }
  if (failure !== undefined && answered === 0) throw failure
  return { type: 'result', result: results }
}

// A name that belongs to another request stops the whole call before anything is done, so the first part that can tell
// goes alone.
function turnsOf(parts: readonly Part[], { clientRequestId }: Call): (readonly Part[])[] {
  const turns: (readonly Part[])[] = []
  let next = 0
  while (next < parts.length) {
    const length = next === 0 && clientRequestId !== undefined ? 1 : turnMax
    turns.push(parts.slice(next, next + length))
    next += length
  }
  return turns
}

async function submitTurn(
  turn: readonly Part[],
  replayOf: ReturnType<typeof replaysOf>,
  { service, caller, face }: Call,
): Promise<(Answer | Error)[]> {
  const cause = causeOf(caller, face)
  const submissions = turn.map(({ command, place }) => ({
    command,
    cause,
    policy: face.policy,
    replay: replayOf(command, place),
  }))
  try {
    return await service.writes.submitAll(submissions)
  } catch (refused) {
    if (!(refused instanceof Error)) throw refused
    return turn.map(() => refused)
  }
}

// What is a defect was reported where it happened.
function faultOf(failure: Error) {
  return thrownFault(failure) ?? fault(faultKinds.internalError, 'an error in this server; its log has the cause')
}

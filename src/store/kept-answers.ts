// The answers that are kept for calls that come again, as a batch finds them: with what the log says of each. It must
// not know what makes two calls the same.

import type { LogDetail } from '../service/ports.js'
import type { FoundAnswer } from '../service/writes/kept-answer.js'
import type { Statement } from './batch-drivers.js'
import type { BatchSession } from './batch-session.js'

export interface AnswerRow {
  readonly replay_key: string
  readonly request_hash: string
  readonly detail: string | null
}

export const keptAnswers = (replayKeys: readonly string[]): Statement => ({
  sql:
    'select replay_key, request_hash, detail from kept_answers join log on log.seq = kept_answers.seq ' +
    'where replay_key in (?)',
  // A list may not be empty; no key is.
  values: [replayKeys.length === 0 ? [''] : replayKeys],
})

export async function findAnswers(
  session: BatchSession,
  replayKeys: readonly string[],
): Promise<Map<string, FoundAnswer>> {
  if (replayKeys.length === 0) return new Map()
  const { sql, values } = keptAnswers(replayKeys)
  return answersFrom(await session.rows<AnswerRow>(sql, values))
}

export function answersFrom(rows: readonly AnswerRow[]): Map<string, FoundAnswer> {
  const answers = new Map<string, FoundAnswer>()
  for (const { replay_key, request_hash, detail } of rows) {
    // An erased detail leaves nothing to answer with; the call then counts as new.
    if (detail === null) continue
    const { outcome, effects } = JSON.parse(detail) as LogDetail
    answers.set(replay_key, { requestHash: request_hash, outcome, effects })
  }
  return answers
}

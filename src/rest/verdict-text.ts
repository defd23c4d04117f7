// The JSON of the verdicts of a check, written out: a reply has up to ten thousand of them. checks.ts describes it.

import type { CheckedStatus, Verdict } from '../service/checks.js'
import { timeWriter } from './time.js'

/** With commas between them. */
export function verdictTexts(verdicts: readonly Verdict[]): string {
  const timeText = timeWriter()
  return verdicts.map(verdict => verdictText(verdict, timeText)).join()
}

type TimeText = ReturnType<typeof timeWriter>

function verdictText(given: Verdict, timeText: TimeText): string {
  const { type, why } = given
  if (given.type === 'invalid')
    return `{"address":null,"verdict":"${type}","why":"${why}",${unknownText},"problem":${textOf(given.problem)}}`
  const known = given.why === 'check-off' ? unknownText : statusText(given.status, timeText)
  return `{"address":${textOf(given.key)},"verdict":"${type}","why":"${why}",${known}}`
}

const unknownText = '"status":null,"version":null,"since":null,"reason":null'
const untouchedText = '"status":"subscribed","version":0,"since":null,"reason":null'

function statusText({ status, version, since, reason }: CheckedStatus, timeText: TimeText): string {
  // Most addresses were never touched.
  if (version === 0 && since === null && reason === null && status === 'subscribed') return untouchedText
  const at = since === null ? 'null' : `"${timeText(since)}"`
  return `"status":"${status}","version":${version},"since":${at},"reason":${textOf(reason)}`
}

// What JSON writes as it stands. A whole text is looked at faster than it is copied.
const plain = /^[ !#-[\]-~]*$/

const textOf = (text: string | null): string => (text !== null && plain.test(text) ? `"${text}"` : JSON.stringify(text))

// The JSON of one verdict of a check, written out: a reply has up to ten thousand of them. checks.ts describes it.

import type { CheckedStatus, Verdict } from '../service/checks.js'
import { timeText } from './time.js'

export function verdictText(given: Verdict): string {
  const { type, why } = given
  if (given.type === 'invalid')
    return `{"address":null,"verdict":"${type}","why":"${why}",${unknownText},"problem":${textOf(given.problem)}}`
  const known = given.why === 'check-off' ? unknownText : statusText(given.status)
  return `{"address":${textOf(given.key)},"verdict":"${type}","why":"${why}",${known}}`
}

const unknownText = '"status":null,"version":null,"since":null,"reason":null'
const untouchedText = '"status":"subscribed","version":0,"since":null,"reason":null'

function statusText({ status, version, since, reason }: CheckedStatus): string {
  // Most addresses were never touched.
  if (version === 0 && since === null && reason === null && status === 'subscribed') return untouchedText
  const at = since === null ? 'null' : `"${timeText(since)}"`
  return `"status":"${status}","version":${version},"since":${at},"reason":${textOf(reason)}`
}

// What JSON writes as it stands. A whole text is looked at faster than it is copied.
const plain = /^[ !#-[\]-~]*$/

const textOf = (text: string | null): string => (text !== null && plain.test(text) ? `"${text}"` : JSON.stringify(text))

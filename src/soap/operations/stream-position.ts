// A place in the stream of activities as clients send it and get it back (legacy-soap-contract 3.8, 3.9). Knows every
// form that was seen; must not know which operation asks.

import { parseDateTime } from '../codec/codec-date-time.js'
import { type Answered, faulted, faultKinds, quoted } from '../faults.js'
import type { Received, StreamPosition } from '../messages/messages.js'

/** Milliseconds since the epoch, both inclusive; null: open. */
export interface TimeWindow {
  readonly from: number | null
  readonly to: number | null
}

/** `record`: next to the record of that id. `number`: a bare number, which each operation reads in its own way. */
export type Cursor =
  | { readonly type: 'start' }
  | { readonly type: 'record'; readonly id: number }
  | { readonly type: 'number'; readonly number: number }

export interface PositionRead {
  readonly window: TimeWindow
  readonly cursor: Cursor
  /** As it came, to be echoed; undefined where none did. */
  readonly offset: string | undefined
}

export function readStreamPosition(given: Received<StreamPosition> = {}): Answered<PositionRead> {
  const { oldestCreatedAt, latestCreatedAt, activityCreatedAt } = given
  // The documents leave open what activityCreatedAt is; where it is the only time, it can only mean "since then".
  const window = { from: readTime(oldestCreatedAt ?? activityCreatedAt), to: readTime(latestCreatedAt) }
  const offset = (given.offset ?? '').trim()
  if (offset === '') return { type: 'result', result: { window, cursor: { type: 'start' }, offset: undefined } }
  const [, prefix, digits] = /^(ID:)?(\d{1,15})$/i.exec(offset) ?? []
  if (digits === undefined) {
    const expected = 'expected an offset as an earlier reply gave it, such as ID:4711'
    return faulted(faultKinds.badStreamPosition, `startPosition: ${expected}, got '${quoted(offset)}'`)
  }
  const number = Number(digits)
  const cursor: Cursor = prefix === undefined ? { type: 'number', number } : { type: 'record', id: number }
  return { type: 'result', result: { window, cursor, offset } }
}

/** Behind the last record of a page. */
export const offsetAt = (lastId: number): string => `ID:${lastId}`

/** `newStartPosition`: the window that held, and where to go on. */
export function presentStreamPosition({ from, to }: TimeWindow, offset: string | undefined): StreamPosition {
  return {
    latestCreatedAt: presentTime(to),
    oldestCreatedAt: presentTime(from),
    activityCreatedAt: undefined,
    offset,
  }
}

/** What lies in both. */
export function overlap(one: TimeWindow, other: TimeWindow): TimeWindow {
  return { from: later(one.from, other.from), to: earlier(one.to, other.to) }
}

// A bound nearer to year 10000 than any offset could not be written back in four digits.
const timeMax = Date.UTC(9999, 11, 30)

/** Null where there is none; the decoder has refused what is no time. */
export function readTime(text: string | undefined): number | null {
  const time = text === undefined ? undefined : parseDateTime(text)
  return time === undefined ? null : Math.min(time, timeMax)
}

// Whole seconds in the form of all replies. A fraction must come back as it was sent, or the window would move.
function presentTime(time: number | null): string | number | undefined {
  if (time === null) return undefined
  return time % 1000 === 0 ? time : new Date(time).toISOString()
}

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)
const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)

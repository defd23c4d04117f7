// Points in time as legacy callers write them and as the service writes them (legacy-soap-contract 5, client-habits
// 11). It knows text, epoch milliseconds and time zones; it must not know which element a text came from, nor read a
// clock.

/** Where a time without an offset belongs, and in which offset times are written. */
export interface Zone {
  /** Minutes east of UTC at that instant, daylight saving time included. */
  offsetMinutesAt(epochMs: number): number
}

export const utcZone: Zone = Object.freeze({ offsetMinutesAt: () => 0 })

/** The zone of an IANA name such as `America/Chicago`. Throws a RangeError where there is no such zone. */
export function ianaZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  return Object.freeze({
    offsetMinutesAt(epochMs: number): number {
      const text = format.formatToParts(epochMs).find(part => part.type === 'timeZoneName')?.value ?? ''
      // `GMT-05:00`; historic offsets carry seconds, which no offset on the wire can say.
      return offsetMinutes(/[+-]\d{2}:\d{2}/.exec(text)?.[0])
    },
  })
}

// Besides xs:dateTime: a space for the T, a space before the offset, an offset without colon (three Ruby clients), a
// `Z` after either form (Talend), any number of fraction digits (pymarketo), no offset at all (pymarketo).
const lenientDateTime =
  /^([1-9]\d{3})-(\d{2})-(\d{2})(?:T| +)(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))? *(Z|UTC|[+-]\d{2}:?\d{2})?$/i

const minuteMs = 60_000
/** XML Schema's bound for an offset. */
const offsetMinutesMax = 14 * 60

/**
 * Epoch milliseconds of a date and time; undefined where the text is none, or one that no calendar has. White space
 * around it does not count. Digits past the millisecond are cut off.
 */
export function parseDateTime(text: string, zone: Zone = utcZone): number | undefined {
  const parts = lenientDateTime.exec(text.trim())
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as SixNumbers
  const midnightAtEnd = hour === 24 && minute === 0 && second === 0
  if (minute > 59 || second > 59 || (hour > 23 && !midnightAtEnd)) return undefined
  const date = new Date(Date.UTC(year, month - 1, day))
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined

  const fractionMs = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const local = date.getTime() + hour * 60 * minuteMs + minute * minuteMs + second * 1000 + fractionMs
  const offsetText = parts[8]
  if (offsetText === undefined) return localToEpoch(local, zone)
  if (Number(offsetText.slice(-2)) > 59) return undefined
  const offset = offsetMinutes(offsetText)
  return Math.abs(offset) > offsetMinutesMax ? undefined : local - offset * minuteMs
}

type SixNumbers = [number, number, number, number, number, number]

/** xs:dateTime in whole seconds with the zone's numeric offset: `2026-01-31T09:30:00-06:00`. Fractions are cut off. */
export function formatDateTime(epochMs: number, zone: Zone = utcZone): string {
  const offset = zone.offsetMinutesAt(epochMs)
  const local = new Date(epochMs + offset * minuteMs).toISOString()
  if (local.length !== '2026-01-31T09:30:00.000Z'.length)
    throw new RangeError(`expected a year of four digits: ${local}`)
  return `${local.slice(0, 19)}${offset < 0 ? '-' : '+'}${twoDigits(offset / 60)}:${twoDigits(offset % 60)}`
}

function twoDigits(value: number): string {
  return String(Math.trunc(Math.abs(value))).padStart(2, '0')
}

function offsetMinutes(text: string | undefined): number {
  if (text === undefined || !/^[+-]/.test(text)) return 0
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2))
  return text.startsWith('-') ? -minutes : minutes
}

/** The offset depends on the instant that is looked for; the second look settles all but the hour that clocks skip. */
function localToEpoch(local: number, zone: Zone): number {
  const guess = local - zone.offsetMinutesAt(local) * minuteMs
  return local - zone.offsetMinutesAt(guess) * minuteMs
}

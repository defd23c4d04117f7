// Reads the time in a signed header. Knows every form that legacy clients were seen to send (client-habits 11,
// legacy-soap-contract 2); must not know signatures: those cover the text as sent, which is therefore never rewritten.

const date = String.raw`(\d{4})-(\d{2})-(\d{2})`
const time = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?`
// UTC is what Ruby's Time#to_s writes for Z.
const zone = String.raw`(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2})?`
const timestampForm = new RegExp(`^${date}(?:T| +)${time} *(?:${zone})?$`, 'i')

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/**
 * Milliseconds since the epoch; undefined where the text is no time that we can read. A time without a zone is taken
 * as UTC: the clients that leave the zone out are hours off either way, which the signature window allows for.
 */
export function parseTimestamp(text: string): number | undefined {
  const parts = timestampForm.exec(text.trim())
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '', , sign, offsetHour = '0', offsetMinute = '0'] =
    parts
  const midnight = dayStart(Number(year), Number(month), Number(day))
  const isTime = Number(hour) <= 24 && Number(minute) <= 59 && Number(second) <= 60
  if (midnight === undefined || !isTime || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined

  // The last second of a day can be the 61st of its minute, and 24:00 is the midnight after (XML Schema 1.1, 3.3.7).
  const sinceMidnight =
    (Number(hour) * 60 + Number(minute)) * minuteMs +
    Number(second) * 1000 +
    Number(fraction.slice(0, 3).padEnd(3, '0'))
  if (sinceMidnight > dayMs + 1000) return undefined
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * minuteMs
  return midnight + sinceMidnight + (sign === '-' ? offset : -offset)
}

// A 30th of February rolls over into March, a 0th of a month back into the one before; such a date was never meant.
function dayStart(year: number, month: number, day: number): number | undefined {
  const start = new Date(0)
  start.setUTCFullYear(year, month - 1, day)
  return start.getUTCMonth() === month - 1 ? start.getTime() : undefined
}

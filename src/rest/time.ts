// Times as this face writes them.

import { z } from 'zod'

/** ISO 8601 in UTC with milliseconds: `2026-01-31T08:30:00.000Z`. */
export const timestamp = z.iso.datetime({ precision: 3 })

export const timeText = (at: number): string => new Date(at).toISOString()

/** Of what has not happened, null. */
export const timeOrNull = (at: number | null): string | null => (at === null ? null : timeText(at))

const dayMs = 86_400_000
const two = (part: number): string => (part < 10 ? `0${part}` : `${part}`)
const three = (part: number): string => (part < 100 ? `0${two(part)}` : `${part}`)

/** The same for many times, which are of few days: to make a Date of each takes three times as long. */
export function timeWriter(): typeof timeText {
  const days = new Map<number, string>()
  return at => {
    const day = Math.floor(at / dayMs)
    let text = days.get(day)
    if (text === undefined) {
      text = timeText(day * dayMs).slice(0, -'00:00:00.000Z'.length)
      days.set(day, text)
    }
    const ms = at - day * dayMs
    const [hour, minute] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
    return `${text}${two(hour)}:${two(minute)}:${two(Math.floor(ms / 1_000) % 60)}.${three(ms % 1_000)}Z`
  }
}

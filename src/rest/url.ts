// What a URL of this face may hold, parsed: an address, the id of a person, a moment. It knows forms, not whether
// anybody has them.

import { z } from 'zod'
import { type Address, parseAddress } from '../domain/address.js'
import { type PersonId, personIdMax } from '../domain/person.js'

export const addressInUrl = z
  .string()
  .transform((text, context): Address => {
    const parsed = parseAddress(text)
    if (parsed.type === 'address') return parsed.address
    context.addIssue(parsed.problem)
    return z.NEVER
  })
  .describe('An e-mail address, percent-encoded; any spelling of it.')

export const personIdInUrl = z
  .string()
  .transform((text, context): PersonId => {
    const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN
    if (id <= personIdMax) return id
    context.addIssue(`expected a whole number from 1 to ${personIdMax}`)
    return z.NEVER
  })
  .describe('The id of a person.')

/** Milliseconds since the epoch. A time without a zone would mean another moment on every machine. */
export const momentInUrl = z
  .string()
  .transform((text, context): number => {
    // A plus sign that was not percent-encoded arrives as a blank.
    const repaired = text.replace(/ (?=\d\d:\d\d$)/, '+')
    const at = z.iso.datetime({ offset: true }).safeParse(repaired).success ? Date.parse(repaired) : Number.NaN
    if (!Number.isNaN(at)) return at
    context.addIssue('expected a time with its zone, such as 2026-01-31T08:30:00Z')
    return z.NEVER
  })
  .describe('ISO 8601 with a zone: 2026-01-31T08:30:00Z.')

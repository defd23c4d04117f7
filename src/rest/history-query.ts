// What a history can be asked for, and how its lines name what made them. It is shared by the histories of people and
// of addresses, and knows neither.

import { z } from 'zod'
import type { HistoryFilter } from '../service/history.js'
import { reasonLengthMax, statedText } from './input.js'
import { invalid } from './problem.js'
import { momentInUrl } from './url.js'

export const historyFilters = {
  source: statedText(64).optional().describe('The face or part that it came through: `SOAP API`, `JSON API` ...'),
  reason: statedText(reasonLengthMax).optional().describe('Exactly this reason.'),
  from: momentInUrl.optional().describe('Then or later.'),
  to: momentInUrl.optional().describe('Then or before.'),
}

type Given = { readonly [Name in keyof typeof historyFilters]?: z.output<(typeof historyFilters)[Name]> }

export function filterOf({ source, reason, from, to }: Given): HistoryFilter {
  return { source: source ?? null, reason: reason ?? null, from: from ?? null, to: to ?? null }
}

export const atQuery = z.strictObject({ at: momentInUrl })

/** Throws for a time that is still to come: nobody knows what will be so then. */
export function refuseFuture(at: number): void {
  if (at > Date.now()) throw invalid([{ path: 'query.at', message: 'lies in the future' }])
}

/** By which command something became so. */
export const madeBy = z
  .object({
    position: z.int().describe('Its place in the log.'),
    id: z.string().nullable().describe('Its name, drawn when it arrived; null: it is in the archive of the log.'),
  })
  .meta({ id: 'MadeBy' })

export const presentMadeBy = ({ seq, commandId }: { readonly seq: number; readonly commandId: string | null }) => ({
  position: seq,
  id: commandId,
})

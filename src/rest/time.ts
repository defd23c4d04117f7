// Times as this face writes them.

import { z } from 'zod'

/** ISO 8601 in UTC with milliseconds: `2026-01-31T08:30:00.000Z`. */
export const timestamp = z.iso.datetime({ precision: 3 })

export const timeText = (at: number): string => new Date(at).toISOString()

/** Of what has not happened, null. */
export const timeOrNull = (at: number | null): string | null => (at === null ? null : timeText(at))

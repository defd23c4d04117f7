// What an undo says where causes of different weight meet: which opt-outs its target only gave a stronger cause, and
// which stand by a stronger one by now. It knows histories and sentences, and carries out nothing.

import type { AddressKey } from '../../domain/address.js'
import { isErasedKey } from '../../domain/erasure.js'
import { isStronger, type Origin } from '../../domain/origin.js'
import type { LogDetail, LogEntry, StatusRecord } from '../ports.js'

/** An opt-out that stood already and got a stronger cause. */
export interface Strengthened {
  readonly seq: number
  readonly key: AddressKey
  readonly version: number
  readonly origin: Origin
}

export function strengthenedBy(
  { seq, detail: text }: LogEntry,
  isMeant: (detail: LogDetail) => boolean,
): readonly Strengthened[] {
  if (text === null) return []
  const detail = JSON.parse(text) as LogDetail
  if (!isMeant(detail)) return []
  return detail.effects
    .filter(effect => effect.type === 'cause-strengthened')
    .filter(({ key }) => !isErasedKey(key))
    .map(({ key, version, origin }) => ({ seq, key, version, origin }))
}

/** The change that began the opt-out of which this version is a part. */
export function openedBy(history: readonly StatusRecord[], version: number): StatusRecord | undefined {
  return history.findLast((record, index) => record.version <= version && history[index - 1]?.status !== 'unsubscribed')
}

export const strengthenedSentence = (origin: Origin): string =>
  `it was opted out before; the stronger cause that it got (${origin}) stays, since a weaker one never takes the ` +
  'place of a stronger one'

/** Null where the opt-out of this version ended since, or does not stand by a word that weighs more than it. */
export function strongerCause(
  version: number,
  history: readonly StatusRecord[],
  newer: readonly StatusRecord[],
): string | null {
  const undone = history.find(record => record.version === version)
  const standing = newer.at(-1)
  if (undone === undefined || standing === undefined) return null
  if (newer.some(({ status }) => status === 'subscribed') || !isStronger(standing.origin, undone.origin)) return null
  const { origin, at, reason } = standing
  return (
    `stays unsubscribed: a stronger cause than the one that is undone stands, of the ${origin}, since ` +
    `${new Date(at).toISOString()}, for the reason '${reason}'`
  )
}

// The hash chain of the log: what exactly is hashed, so that anybody can check it with a few lines of their own.
// It covers a hash of each entry's detail and the address as a keyed hash, never the detail itself: personal data can
// be erased one day and the chain still holds.

import { createHmac, hash } from 'node:crypto'
import type { AddressKey } from '../../domain/address.js'
import type { LogEntry } from '../ports.js'

export const chainVersion = 'durable-unsubscribe/1'
/** What the first entry names as the hash before it. */
export const genesisHash = '0'.repeat(64)

export type ChainedFacts = Omit<LogEntry, 'detail' | 'redactedBy' | 'hash'>

/**
 * SHA-256, in hex, of the UTF-8 bytes of a JSON array without white space, its members in this order: the chain
 * version, seq, commandId, at (ms), kind, actor, source, addressHash or null, personId or null, detailHash,
 * previousHash.
 */
export function entryHash(entry: ChainedFacts): string {
  const { seq, commandId, at, kind, actor, source, addressHash, personId, detailHash, previousHash } = entry
  const canonical = [
    chainVersion,
    seq,
    commandId,
    at,
    kind,
    actor,
    source,
    addressHash,
    personId,
    detailHash,
    previousHash,
  ]
  return sha256(JSON.stringify(canonical))
}

/** What is wrong with an entry that should follow on another; null where nothing is. */
export function brokenEntry(entry: LogEntry, previous: { readonly seq: number; readonly hash: string }): string | null {
  const at = `log entry ${entry.seq}`
  if (entry.seq !== previous.seq + 1)
    return `log entry ${previous.seq + 1} is missing: after ${previous.seq} comes ${entry.seq}`
  if (entry.previousHash !== previous.hash)
    return `${at}: it does not follow on entry ${previous.seq}, one of the two was changed`
  const { detail, redactedBy, hash, ...facts } = entry
  if (entryHash(facts satisfies ChainedFacts) !== hash)
    return `${at}: it was changed, its hash does not fit what it says`
  // What an erasure left is answered for by the entry of the erasure. (Older archives do not name any.)
  const isFirst = detail !== null && typeof redactedBy !== 'number'
  if (isFirst && sha256(detail) !== entry.detailHash) return `${at}: its detail was changed`
  return null
}

export function sha256(text: string | Uint8Array): string {
  return hash('sha256', text, 'hex')
}

/** Makes the function that stands for an address wherever the address itself must not be: in the chain and in logs. */
export function addressHasher(hashKey: Uint8Array): (key: AddressKey) => string {
  return key => createHmac('sha256', hashKey).update(key).digest('hex')
}

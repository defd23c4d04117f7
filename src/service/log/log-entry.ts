// What the log holds: one entry a command that was carried out. It knows no chain and no table.

import type { Cause, Command, Effect, Outcome } from '../../domain/command.js'
import type { EraseAddress } from '../../domain/erasure.js'
import type { PersonId } from '../../domain/person.js'

/** Random name of one command, drawn on arrival: 32 hex digits. It decides after a commit whose fate is unknown. */
export type CommandId = string

/** One carried-out command as the log keeps it. `detail` may be redacted one day; `detailHash` stays. */
export interface LogEntry {
  readonly seq: number
  readonly commandId: CommandId
  readonly at: number
  readonly kind: LogDetail['command']['type']
  readonly actor: string
  readonly source: string
  /** Keyed hash of the address that the command was about, in hex. */
  readonly addressHash: string | null
  readonly personId: PersonId | null
  /** JSON of a LogDetail, exactly as it was hashed. */
  readonly detail: string | null
  /** Hash of the detail as it was first written. */
  readonly detailHash: string
  /** The entry of the last erasure that took personal data out of the detail, and has the hash of what it left. */
  readonly redactedBy: number | null
  readonly previousHash: string
  readonly hash: string
}

export interface LogDetail {
  /** Random, and gone from a redacted detail: without it, who guesses the rest could prove it by the hash. */
  readonly salt?: string
  readonly command: Command | EraseAddress
  readonly cause: Cause
  readonly outcome: Outcome
  readonly effects: readonly Effect[]
  /** Of an erasure: the entries that it redacted, each with the SHA-256 of the detail that it left. */
  readonly redacted?: readonly (readonly [seq: number, hash: string])[]
}

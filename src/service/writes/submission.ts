// One command on its way through the group commit: what comes with it, and what its caller gets back.

import type { Cause, Command, Effect, Outcome, Policy, Rejection } from '../../domain/command.js'
import { sha256 } from '../log/log-chain.js'
import type { CommandId } from '../ports.js'

export interface Submission {
  readonly command: Command
  readonly cause: Cause
  readonly policy: Policy
  readonly replay: Replay
}

/** What tells a repetition of a call from a new one. */
export type Replay =
  | { readonly type: 'none' }
  /** The caller named the request: the same name gives the same answer, once and for all. */
  | NamedReplay
  /** The caller cannot name requests; a byte-identical one may be a retry (R13). */
  | { readonly type: 'fingerprint'; readonly replayKey: string }

export interface NamedReplay {
  readonly type: 'named'
  readonly replayKey: string
  readonly requestHash: string
  /** The name of the whole request that this command is one part of; it belongs to one request alone as well. */
  readonly requestKey?: string
}

/** The store keeps only hashes of what callers use as keys: they may be long, and may hold anything. */
export function namedReplay(caller: string, key: string, request: string | Uint8Array): NamedReplay {
  return { type: 'named', replayKey: sha256(`named\u0000${caller}\u0000${key}`), requestHash: sha256(request) }
}

/** For one of the many commands of a request: it has an answer of its own, under the name of all of them. */
export function partReplay(whole: Replay, part: number): Replay {
  if (whole.type !== 'named') return whole
  const { replayKey: requestKey, requestHash } = whole
  return { type: 'named', replayKey: sha256(`part\u0000${requestKey}\u0000${part}`), requestHash, requestKey }
}

/** `part` tells apart the commands of one call. */
export function fingerprintReplay(caller: string, call: string | Uint8Array, part: number): Replay {
  return { type: 'fingerprint', replayKey: sha256(`call\u0000${caller}\u0000${part}\u0000${sha256(call)}`) }
}

export type Answer =
  | {
      readonly type: 'carried-out'
      readonly outcome: Outcome
      /** What became true by it: nothing, where it was so already (R6). */
      readonly effects: readonly Effect[]
      readonly seq: number
      readonly commandId: CommandId
    }
  /** The same named request was answered before; this is that answer, and what became true then. */
  | { readonly type: 'replayed'; readonly outcome: Outcome; readonly effects: readonly Effect[] }
  | { readonly type: 'rejected'; readonly rejection: Rejection }
  /** The name belongs to another request. */
  | { readonly type: 'key-reused' }
  /** The same named request is being carried out at this moment. */
  | { readonly type: 'in-progress' }

/** More waits than the queue may hold: the caller should try again a little later. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull'
}

/** The server is stopping and takes nothing new. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

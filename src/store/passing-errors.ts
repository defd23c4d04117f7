// Which errors of a database pass by themselves, so that the same batch may be tried again. A whole file for that
// question, so that the answer can be tested without a database.

import { CommitUnknown, StoreConflict, StoreUnavailable } from '../service/ports.js'

// The server undid the statement or the transaction, or would not begin it.
const undoneOnMysql = new Map<number, string>([
  [1205, 'a lock was held for too long'],
  [1213, 'deadlock, or a conflict between nodes of a cluster'],
  [1020, 'the row changed since it was read'],
  [1040, 'too many connections'],
  [1203, 'too many connections of this user'],
  [1053, 'the database is shutting down'],
  [1047, 'this node of the cluster is not ready'],
  [1180, 'the commit was refused'],
  [3101, 'the commit was refused by the group'],
  [1290, 'the database is read-only'],
  [1836, 'the database is read-only'],
  [1792, 'the transaction is read-only'],
  [1021, 'the disk is full'],
  [1114, 'the table is full'],
  [3170, 'memory is exhausted'],
  [1969, 'the statement took too long'],
  [3024, 'the statement took too long'],
  [1317, 'the statement was interrupted'],
  [1026, 'a file could not be written'],
  [1598, 'the binary log could not be written'],
])

// Whoever is told this while committing knows that nothing was written. After any other it is looked up: a node that
// fails may have handed the commit to its cluster before.
const undoneCommit = new Set([1205, 1213, 3101])

// The server is well and will not be of use soon: another connection may reach one that is.
const ofNoUse = new Set([1047, 1290, 1836, 1053, 1927, 3100, 3797])

// The connection is gone, or was never had. While committing, nobody knows what the server did.
const lostConnection = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
])
const lostOnMysql = new Set([1927, 2006, 2013, 1158, 1159, 1160, 1161, 4031])

const duplicateOnMysql = 1062

/** Turns a driver's error into one that the group commit understands; any other comes back as it is. */
export function passingError(cause: unknown, phase: 'working' | 'committing'): unknown {
  if (!(cause instanceof Error)) return cause
  const { errno, code = '' } = cause as Error & { errno?: number; code?: string }

  if (errno === duplicateOnMysql || /^SQLITE_CONSTRAINT(?:_PRIMARYKEY|_UNIQUE)?$/.test(code)) {
    return new StoreConflict('another writer was first', { cause })
  }
  const undone = errno === undefined ? undefined : undoneOnMysql.get(errno)
  if (undone !== undefined && phase === 'committing' && !undoneCommit.has(errno ?? 0))
    return new CommitUnknown(`while committing: ${undone}`, { cause })
  if (undone !== undefined) return new StoreUnavailable(undone, { cause })
  if (/^SQLITE_(?:BUSY|LOCKED|FULL|READONLY|IOERR|CANTOPEN)/.test(code)) return unavailableFile(code, phase, cause)

  const isLost = lostConnection.has(code) || (errno !== undefined && lostOnMysql.has(errno)) || isClosedByUs(cause)
  if (isLost && phase === 'committing') return new CommitUnknown('the connection was lost while committing', { cause })
  if (isLost) return new StoreUnavailable('the database cannot be reached', { cause })
  return cause
}

function unavailableFile(code: string, phase: 'working' | 'committing', cause: Error): Error {
  const said = `the file: ${code}`
  return phase === 'working' ? new StoreUnavailable(said, { cause }) : new CommitUnknown(said, { cause })
}

/** Whether the connection that brought this error should be given up, since others may do better. */
export function isOfNoUse(cause: unknown): boolean {
  const { errno, code = '' } = cause as { errno?: number; code?: string }
  return lostConnection.has(code) || (errno !== undefined && (ofNoUse.has(errno) || lostOnMysql.has(errno)))
}

// mysql2 and knex say these in words only.
function isClosedByUs(cause: Error): boolean {
  return cause.name === 'KnexTimeoutError' || /closed state|Connection lost|Can't add new command/i.test(cause.message)
}

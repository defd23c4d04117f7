// How much and how long: bodies, batches, queues, calls of one credential.
// It declares variables and reads no environment.

import { limit, type Variable, whole } from './reading.js'

export const bounds = {
  bodyBytesMax: {
    name: 'BODY_BYTES_MAX',
    default: '10485760',
    description: 'Largest request body, packed and unpacked.',
    read: whole(10 * 1024 * 1024, 1024, 100 * 1024 * 1024),
  },
  importBytesMax: {
    name: 'IMPORT_BYTES_MAX',
    default: '10737418240',
    description: 'Largest file that is sent to /v1/imports, packed and unpacked.',
    read: whole(10 * 1024 ** 3, 1024, 999_999_999_999),
  },
  importMs: {
    name: 'IMPORT_MS',
    default: '3600000',
    description: 'How long the sending of a file to /v1/imports may take.',
    read: whole(3_600_000, 1_000, 86_400_000),
  },
  batchMax: {
    name: 'BATCH_MAX',
    default: '300',
    description: 'Most commands in one transaction.',
    read: whole(300, 1, 1000),
  },
  queueMax: {
    name: 'QUEUE_MAX',
    default: '10000',
    description:
      'Most commands that may wait for a transaction, with 128 million characters in their values; past either ' +
      'callers are told to try again (20024, or 503).',
    read: whole(10_000, 1, 1_000_000),
  },
  limitRate: {
    name: 'LIMIT_RATE',
    default: 'off',
    description:
      'Most SOAP calls of one credential in any 20 seconds, in each process; the old service had 100 (20023).',
    read: limit,
  },
  limitConcurrency: {
    name: 'LIMIT_CONCURRENCY',
    default: 'off',
    description: 'Most SOAP calls of one credential at the same time, in each process; the old service had 10 (20024).',
    read: limit,
  },
  limitDaily: {
    name: 'LIMIT_DAILY',
    default: 'off',
    description:
      'Most SOAP calls of one credential from midnight to midnight US Central, counted in the store for all ' +
      'processes; the old service had 10000 (20015).',
    read: limit,
  },
  blockedAttemptsDays: {
    name: 'BLOCKED_ATTEMPTS_DAYS',
    default: '90',
    description: 'How many days it is on record which mail the check before sending has stopped.',
    read: whole(90, 1, 3650),
  },
  patienceMs: {
    name: 'PATIENCE_MS',
    default: '15000',
    description:
      'How long a call waits for a database that does not answer before its caller is told to try ' +
      'again (20011, or 503).',
    read: whole(15_000, 100, 600_000),
  },
  statementMs: {
    name: 'STATEMENT_MS',
    default: '10000',
    description:
      'How long a connection to MySQL or one statement may take before the connection is given up and another one ' +
      'is made.',
    read: whole(10_000, 500, 600_000),
  },
  slowStatementMs: {
    name: 'SLOW_STATEMENT_MS',
    default: '1000',
    description: 'A statement that takes so long is logged: its text without values, and the time. off: none is.',
    read: (text: string | undefined) => (text === undefined ? 1_000 : limit(text)),
  },
} satisfies Record<string, Variable<unknown>>

// How the process itself is run.
// It declares variables and reads no environment.

import { oneOf, type Variable, whole } from './reading.js'

export const operation = {
  workers: {
    name: 'WORKERS',
    default: '1',
    description:
      'Processes behind the one port. More than one needs a database server. SIGHUP replaces them one by one, ' +
      'a dead one is replaced by itself.',
    read: whole(1, 1, 64),
  },
  drainMs: {
    name: 'DRAIN_MS',
    default: '10000',
    description: 'How long calls that are under way may take after SIGTERM.',
    read: whole(10_000, 0, 600_000),
  },
  logLevel: {
    name: 'LOG_LEVEL',
    default: 'info',
    description: 'trace, debug, info, warn, error or silent.',
    read: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent')('info'),
  },
} satisfies Record<string, Variable<unknown>>

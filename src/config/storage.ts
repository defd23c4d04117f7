// Where everything is kept, and the secrets of the first start.
// It declares variables and reads no environment.

import { resolve } from 'node:path'
import { readDatabaseUrl } from '../store/database-url.js'
import { oneOf, optional, type Variable, whole } from './reading.js'

export const storage = {
  dataDir: {
    name: 'DATA_DIR',
    default: './data',
    description: 'Folder of the embedded store.',
    read: (text: string | undefined) => resolve(text ?? './data'),
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    default: 'an SQLite file in DATA_DIR',
    description:
      'mysql://USER:PASSWORD@HOST:PORT/DATABASE for MySQL 8 or newer and MariaDB 10.6 or newer ' +
      '(?ssl=true for TLS; HOST:PORT,HOST:PORT,... for a cluster), or sqlite:FILE.',
    read: (text: string | undefined) => {
      if (text !== undefined) readDatabaseUrl(text)
      return text ?? null
    },
  },
  logDays: {
    name: 'LOG_DAYS',
    default: 'off',
    description:
      'How many days the log and the activities stay in the store, 8 or more; older ones go to files in ARCHIVE_DIR. ' +
      'off: for ever.',
    read: (text: string | undefined) => (text === undefined || text === 'off' ? null : whole(0, 8, 36_500)(text)),
  },
  archiveDir: {
    name: 'ARCHIVE_DIR',
    default: 'archive in DATA_DIR',
    description: 'Folder of the archive; of several servers on one store, all must see the same one.',
    read: (text: string | undefined) => (text === undefined ? null : resolve(text)),
  },
  migrate: {
    name: 'MIGRATE',
    default: 'auto',
    description:
      'auto: bring the schema up to date at start. off: refuse to start where it is not; run `migrate` first.',
    read: oneOf('auto', 'off')('auto'),
  },
  secretKey: {
    name: 'SECRET_KEY',
    description:
      'Seals the secrets in the store: SOAP encryption keys, those of webhooks and of one-click links ' +
      '(AES-256-GCM). At least 16 characters. Without it they lie there in clear.',
    read: secretKey,
  },
  secretKeyPrevious: {
    name: 'SECRET_KEY_PREVIOUS',
    description: 'Another key that opens what it has sealed, while SECRET_KEY is being changed (`secrets reseal`).',
    read: secretKey,
  },
  bootstrapSoapUser: {
    name: 'BOOTSTRAP_SOAP_USER',
    default: 'drawn, shown once',
    description: 'User id of the first SOAP credential, made only in a store that has no credential.',
    read: optional,
  },
  bootstrapSoapKey: {
    name: 'BOOTSTRAP_SOAP_KEY',
    default: 'drawn, shown once',
    description: 'Encryption key of that credential.',
    read: optional,
  },
  bootstrapApiKey: {
    name: 'BOOTSTRAP_API_KEY',
    default: 'drawn, shown once',
    description:
      'First admin key of the JSON face, made only in a store that has no credential: 20 letters and digits or more.',
    read: optional,
  },
} satisfies Record<string, Variable<unknown>>

function secretKey(text: string | undefined): string | null {
  if (text !== undefined && text.length < 16) throw new Error('expected at least 16 characters')
  return text ?? null
}

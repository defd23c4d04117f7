// The environment as one frozen, checked object. The only reader of process.env; the README's table of variables and
// `serve --help` are made from the list here.

import { resolve } from 'node:path'
import { readTrustedProxies } from './http/public-url.js'

export interface ConfigVariable {
  readonly name: string
  /** As shown to people; absent where there is none. */
  readonly default?: string
  readonly description: string
}

interface Variable<T> extends ConfigVariable {
  /** Throws a sentence that says what was expected. */
  read(text: string | undefined): T
}

const oneOf =
  <const Choices extends readonly string[]>(...choices: Choices) =>
  (fallback: Choices[number]) =>
  (text: string | undefined): Choices[number] => {
    const value = text ?? fallback
    if (choices.includes(value)) return value
    throw new Error(`expected ${choices.join(' or ')}`)
  }

const whole =
  (fallback: number, least: number, most: number) =>
  (text: string | undefined): number => {
    const value = text === undefined ? fallback : /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new Error(`expected a whole number from ${least} to ${most}`)
  }

const limit = (text: string | undefined): number | null =>
  text === undefined || text === 'off' ? null : whole(1, 1, 1_000_000_000)(text)

const optional = (text: string | undefined): string | null => text ?? null

const variables = {
  host: {
    name: 'HOST',
    default: '127.0.0.1',
    description: 'Address to listen on. 0.0.0.0 for all.',
    read: (text: string | undefined) => text ?? '127.0.0.1',
  },
  port: {
    name: 'PORT',
    default: '8080',
    description: 'Port to listen on. 0 takes any free one.',
    read: whole(8080, 0, 65535),
  },
  publicUrl: {
    name: 'PUBLIC_URL',
    description:
      'Under which the server is reached from outside, such as https://unsubscribe.example.org. Goes ' +
      'into the WSDL. Without it the address under which the WSDL was asked for is used.',
    read: (text: string | undefined) => {
      if (text === undefined) return null
      if (!/^https?:\/\/[^/?#]+\/?$/.test(text))
        throw new Error('expected http:// or https://, a host and perhaps a port, with no path')
      return text.replace(/\/$/, '')
    },
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    description:
      'Addresses or networks of proxies whose X-Forwarded-* headers count, separated by commas: 10.0.0.0/8, 127.0.0.1.',
    read: (text: string | undefined) => {
      const entries = (text ?? '').split(',').map(part => part.trim())
      const { trustedProxies, problems } = readTrustedProxies(entries.filter(part => part !== ''))
      if (problems.length > 0) throw new Error(problems.join(', '))
      return trustedProxies
    },
  },
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
      '(?ssl=true for TLS), or sqlite:FILE.',
    read: (text: string | undefined) => {
      if (text === undefined || /^sqlite:.+/.test(text)) return text ?? null
      if (/^(?:mysql|mariadb):\/\/.+\/[^/]+$/.test(text) && URL.canParse(text)) return text
      throw new Error('expected mysql://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:FILE')
    },
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
      'Seals the SOAP encryption keys in the store (AES-256-GCM). At least 16 characters. Without it ' +
      'they lie there in clear.',
    read: (text: string | undefined) => {
      if (text !== undefined && text.length < 16) throw new Error('expected at least 16 characters')
      return text ?? null
    },
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
    description: 'First admin key of the JSON face, made only in a store that has no credential.',
    read: optional,
  },
  signatureWindowHours: {
    name: 'SIGNATURE_WINDOW_HOURS',
    default: '24',
    description:
      'How far, either way, the timestamp of a SOAP call may be from our clock. Old clients without ' +
      'a time zone are hours off.',
    read: whole(24, 1, 24 * 30),
  },
  unknownFields: {
    name: 'UNKNOWN_FIELDS',
    default: 'refuse',
    description:
      'refuse: an unknown attribute name fails a SOAP call with 20105, as it used to. accept: it ' +
      'becomes a custom string field.',
    read: oneOf('refuse', 'accept')('refuse'),
  },
  soapResubscribe: {
    name: 'SOAP_RESUBSCRIBE',
    default: 'compatible',
    description:
      'compatible: Unsubscribed=0 on an existing person re-subscribes its address (rule R2). ' +
      'guarded: it needs the admin role, a reason and evidence, which SOAP cannot give.',
    read: oneOf('compatible', 'guarded')('compatible'),
  },
  jsonResubscribe: {
    name: 'JSON_RESUBSCRIBE',
    default: 'guarded',
    description: 'The same for the JSON face.',
    read: oneOf('compatible', 'guarded')('guarded'),
  },
  addressChange: {
    name: 'ADDRESS_CHANGE',
    default: 'reset',
    description:
      'What an opted-out person that gets another address shows (rule R3). reset: the status of the ' +
      'new address. carry-over: the opt-out goes along.',
    read: oneOf('reset', 'carry-over')('reset'),
  },
  bodyBytesMax: {
    name: 'BODY_BYTES_MAX',
    default: '10485760',
    description: 'Largest request body, packed and unpacked.',
    read: whole(10 * 1024 * 1024, 1024, 100 * 1024 * 1024),
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
      'Most commands that may wait for a transaction; past it callers are told to try again (20024, or 503).',
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
  patienceMs: {
    name: 'PATIENCE_MS',
    default: '15000',
    description:
      'How long a command waits for a database that does not answer before its caller is told to try ' +
      'again (20011, or 503).',
    read: whole(15_000, 100, 600_000),
  },
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

type Read<V> = V extends { read: (text: string | undefined) => infer T } ? T : never
export type Config = Readonly<{ [Name in keyof typeof variables]: Read<(typeof variables)[Name]> }> & {
  /** Where the store is, with the default filled in. */
  readonly storeUrl: string
}

/** Every variable that the server reads. */
export const configVariables: readonly ConfigVariable[] = Object.values(variables)

/** What `call` takes where its options are not given. */
export const callVariables: readonly ConfigVariable[] = [
  { name: 'SOAP_USER', description: 'User id that `call` signs with.' },
  { name: 'SOAP_KEY', description: 'Encryption key that `call` signs with.' },
  { name: 'SOAP_URL', description: 'Endpoint that `call` calls.' },
]

/** All that is wrong with the environment, one line a variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws a ConfigError that names every bad variable at once. An empty variable counts as absent. */
export function readConfig(environment: Environment = process.env): Config {
  const read: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [key, variable] of Object.entries(variables)) {
    const text = environment[variable.name] || undefined
    try {
      read[key] = variable.read(text)
    } catch (cause) {
      const isSecret = /KEY|URL/.test(variable.name)
      problems.push(`${variable.name}: ${(cause as Error).message}${isSecret ? '' : `, got '${text}'`}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  const config = read as Omit<Config, 'storeUrl'>
  const storeUrl = config.databaseUrl ?? `sqlite:${config.dataDir}/durable-unsubscribe.db`
  return Object.freeze({ ...config, storeUrl }) as Config
}

export interface CallDefaults {
  readonly user: string | undefined
  readonly key: string | undefined
  readonly url: string | undefined
}

export function readCallDefaults(environment: Environment = process.env): CallDefaults {
  const { SOAP_USER: user, SOAP_KEY: key, SOAP_URL: url } = environment
  return { user: user || undefined, key: key || undefined, url: url || undefined }
}

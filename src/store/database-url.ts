// DATABASE_URL as it is written, and what it says. Knows its two forms, and that a cluster has several hosts, which no
// URL parser reads; must not know how a database is reached.

/** One server of a cluster, or the only one. */
export interface Host {
  readonly host: string
  readonly port: number
}

export interface MysqlPlace {
  readonly type: 'mysql'
  /** In order of preference: the first that answers and can be written to is used. */
  readonly hosts: readonly [Host, ...Host[]]
  readonly user: string
  readonly password: string
  readonly database: string
  readonly tls: 'off' | 'verified' | 'unverified'
}

export type DatabasePlace = MysqlPlace | { readonly type: 'sqlite'; readonly filename: string }

const defaultPort = 3306
const hostsMax = 16

/** Throws a sentence that says what was expected; it does not repeat the URL, which may hold a password. */
export function readDatabaseUrl(text: string): DatabasePlace {
  const file = /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1]
  if (file !== undefined) return { type: 'sqlite', filename: file }
  const parts = /^(?:mysql|mariadb):\/\/(?:([^@/]*)@)?([^@/?#]+)\/([^/?#]+)(?:\?(.*))?$/.exec(text)
  if (parts === null)
    throw new Error('expected mysql://USER:PASSWORD@HOST:PORT/DATABASE (or HOST:PORT,HOST:PORT,...) or sqlite:FILE')
  const [, account = '', hosts = '', database = '', query = ''] = parts
  const [user = '', ...password] = account.split(':')
  const ssl = new URLSearchParams(query).get('ssl')
  return {
    type: 'mysql',
    hosts: readHosts(hosts),
    user: decoded(user),
    password: decoded(password.join(':')),
    database: decoded(database),
    tls: ssl === null ? 'off' : ssl === 'insecure' ? 'unverified' : 'verified',
  }
}

function readHosts(text: string): [Host, ...Host[]] {
  const [first, ...others] = text.split(',').map(readHost)
  if (first === undefined || others.length >= hostsMax) throw new Error(`expected 1 to ${hostsMax} hosts`)
  return [first, ...others]
}

function readHost(text: string): Host {
  const url = URL.canParse(`tcp://${text}`) ? new URL(`tcp://${text}`) : null
  if (url === null || url.hostname === '') throw new Error(`expected HOST or HOST:PORT, got '${text}'`)
  // A URL writes an IPv6 address in brackets, a socket does not.
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? defaultPort : Number(url.port) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new Error('expected user, password and database with special characters percent-encoded', { cause })
  }
}

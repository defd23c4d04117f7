// The environment as one frozen, checked object. The only reader of process.env; the README's table of variables and
// `serve --help` are made from the lists in config/.

import { join } from 'node:path'
import { behaviour } from './config/behaviour.js'
import { bounds } from './config/bounds.js'
import { network } from './config/network.js'
import { operation } from './config/operation.js'
import type { ConfigVariable, Variable } from './config/reading.js'
import { salesforceVariables } from './config/salesforce.js'
import { readSalesforceLogin, type SalesforceLoginConfig, salesforceCalls } from './config/salesforce-calls.js'
import { storage } from './config/storage.js'
import { webhooks } from './config/webhooks.js'

export type { ConfigVariable }

const variables = {
  ...network,
  ...storage,
  ...behaviour,
  ...bounds,
  ...webhooks,
  ...salesforceVariables,
  ...salesforceCalls,
  ...operation,
} satisfies Record<string, Variable<unknown>>

type Read<V> = V extends { read: (text: string | undefined) => infer T } ? T : never
export type Config = Readonly<{ [Name in keyof typeof variables]: Read<(typeof variables)[Name]> }> & {
  /** Where the store is, with the default filled in. */
  readonly storeUrl: string
  /** Where the archive is, with the default filled in. */
  readonly archivePath: string
  /** Null where PORT speaks plain HTTP. */
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | null } | null
  /** As whom Salesforce is called; null where it is not. */
  readonly salesforceLogin: SalesforceLoginConfig | null
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
      const isSecret = /KEY|URL|SECRET|TOKEN/.test(variable.name)
      problems.push(`${variable.name}: ${(cause as Error).message}${isSecret ? '' : `, got '${text}'`}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  const config = read as Omit<Config, 'storeUrl' | 'archivePath' | 'tls' | 'salesforceLogin'>
  const { tlsCertFile: certFile, tlsKeyFile: keyFile } = config
  if ((certFile === null) !== (keyFile === null))
    throw new ConfigError('TLS_CERT_FILE and TLS_KEY_FILE: expected both or none of them')
  if (config.secretKeyPrevious !== null && config.secretKey === null)
    throw new ConfigError(
      'SECRET_KEY_PREVIOUS: expected SECRET_KEY beside it, with which secrets are sealed from now on',
    )
  const { salesforceClientCa: clientCaFile } = config
  if (clientCaFile !== null && certFile === null)
    throw new ConfigError('SALESFORCE_CLIENT_CA_FILE: expected TLS_CERT_FILE and TLS_KEY_FILE with it')
  const tls = certFile === null || keyFile === null ? null : { certFile, keyFile, clientCaFile }
  const salesforceLogin = salesforceLoginOf(config)
  const storeUrl = config.databaseUrl ?? `sqlite:${config.dataDir}/durable-unsubscribe.db`
  const archivePath = config.archiveDir ?? join(config.dataDir, 'archive')
  return Object.freeze({ ...config, storeUrl, archivePath, tls, salesforceLogin }) as Config
}

function salesforceLoginOf(config: Parameters<typeof readSalesforceLogin>[0]): SalesforceLoginConfig | null {
  try {
    return readSalesforceLogin(config)
  } catch (cause) {
    throw new ConfigError((cause as Error).message)
  }
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

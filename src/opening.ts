// What every command of the command line needs before its own work: the store with its schema in order, and who may
// call. Nothing here listens or prints.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from './config.js'
import { addressKeyVersion } from './domain/address.js'
import { OperatorError, shownUrl } from './operator-error.js'
import { apiKeyExpected, Credentials, isApiKey } from './service/access/credentials.js'
import { createOneClick, type OneClick } from './service/access/one-click.js'
import { createSeal, type Seal } from './service/access/seal.js'
import { Fields } from './service/fields.js'
import { addressHasher } from './service/log/log-chain.js'
import { StoreUnavailable } from './service/ports.js'
import { Settings } from './service/settings.js'
import { openStore, type Store, type StoreOptions } from './store/store.js'

export interface Opened {
  readonly store: Store
  readonly credentials: Credentials
  readonly fields: Fields
  readonly settings: Settings
  readonly oneClick: OneClick
  /** For secrets that lie in the store. */
  readonly seal: Seal
  /** Stands for an address in the log's chain and in log lines; the same in every process on this store. */
  readonly hashAddress: ReturnType<typeof addressHasher>
  /** Names of the migrations that opening applied. */
  readonly migrated: readonly string[]
}

/** The schema is not up to date, and may not be brought there by this process. */
export class SchemaPending extends Error {
  override readonly name = 'SchemaPending'
}

/** Throws SchemaTooNew, SchemaPending, SealError, or what the database says. Close the store afterwards. */
export async function open(config: Config, options: Pick<StoreOptions, 'slow'> = {}): Promise<Opened> {
  const { statementMs, patienceMs } = config
  const store = openStore(config.storeUrl, { statementMs, patienceMs, ...options })
  try {
    const migrated = config.migrate === 'auto' ? await store.migrate() : await refusePending(store)
    return await whileOthersStart(() => openMigrated(store, migrated, config))
  } catch (cause) {
    await store.close()
    throw asSentence(cause, config.storeUrl)
  }
}

async function openMigrated(store: Store, migrated: readonly string[], config: Config): Promise<Opened> {
  const seal = createSeal(config.secretKey, config.secretKeyPrevious)
  // Kept in the store and not derived from SECRET_KEY, which may be changed one day without breaking the chain.
  const hashKey = seal.open(await store.fact('address-hash-key', seal.close(randomBytes(32).toString('hex'))))
  const linkSecret = seal.open(await store.fact('one-click-secret', seal.close(randomBytes(32).toString('hex'))))
  const hashAddress = addressHasher(Buffer.from(hashKey, 'hex'))
  store.hashAddressesBy(hashAddress)
  await refuseOtherFolding(store)
  const credentials = new Credentials(store, seal)
  await credentials.refuseUnreadable()
  const fields = await Fields.load(store, { acceptUnknown: config.unknownFields === 'accept' })
  const settings = await Settings.load(store)
  const oneClick = createOneClick(Buffer.from(linkSecret, 'hex'))
  return {
    store,
    credentials,
    fields,
    settings,
    oneClick,
    seal,
    hashAddress,
    migrated,
  }
}

const startersPatienceMs = 10_000

// Several commands may find an embedded store new, and its file takes one writer at a time. What they write is what
// each writes if nobody has, so it can be tried again.
async function whileOthersStart(work: () => Promise<Opened>): Promise<Opened> {
  const giveUpAt = Date.now() + startersPatienceMs
  for (;;) {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof StoreUnavailable) || Date.now() > giveUpAt) throw cause
      await delay(50)
    }
  }
}

/** A driver's error (it has a code) says what the database said, but not which variable is to be looked at. */
export function asSentence(cause: unknown, storeUrl: string): unknown {
  if (!(cause instanceof Error)) return cause
  const said = 'code' in cause ? cause : cause.cause instanceof Error && 'code' in cause.cause ? cause.cause : null
  if (said === null) return cause
  const text = said.message || String((said as { code?: unknown }).code)
  const hint = 'check DATABASE_URL; special characters in its password are percent-encoded'
  return new OperatorError(`the store at ${shownUrl(storeUrl)} cannot be used: ${text} (${hint})`, { cause })
}

// Keys of two foldings in one table would let one mailbox have two statuses.
async function refuseOtherFolding(store: Store): Promise<void> {
  const stored = await store.fact('address-key-version', String(addressKeyVersion))
  if (stored === String(addressKeyVersion)) return
  throw new OperatorError(
    `the addresses in the store were folded by version ${stored} of the rules, this program folds by ` +
      `${addressKeyVersion}`,
  )
}

async function refusePending(store: Store): Promise<readonly string[]> {
  const { pending } = await store.schemaState()
  if (pending.length === 0) return []
  throw new SchemaPending(
    `the schema lacks ${pending.join(', ')}: run \`durable-unsubscribe migrate\`, or start with MIGRATE=auto`,
  )
}

export interface FirstCredentials {
  readonly soapUser: string
  readonly encryptionKey: string
  readonly apiKey: string
}

/** In a store that has no credential, makes the first ones and gives them to be shown once; null in any other. */
export async function bootstrap(credentials: Credentials, config: Config): Promise<FirstCredentials | null> {
  if ((await credentials.list()).length > 0) return null
  const { bootstrapApiKey } = config
  if (bootstrapApiKey !== null && !isApiKey(bootstrapApiKey))
    throw new OperatorError(`BOOTSTRAP_API_KEY: ${apiKeyExpected}`)
  // The name of the API key is the same everywhere, so of two servers that start on one empty store one gets past here.
  const apiKey = await credentials.addApi('first-admin', 'admin', bootstrapApiKey ?? undefined)
  if (apiKey === undefined) return null
  const soapUser = config.bootstrapSoapUser ?? `first_${randomBytes(4).toString('hex')}`
  const encryptionKey = await credentials.addSoap(soapUser, 'writer', config.bootstrapSoapKey ?? undefined)
  if (encryptionKey === undefined) throw new Error(`the first credentials could not be made: '${soapUser}' is taken`)
  return { soapUser, encryptionKey, apiKey }
}

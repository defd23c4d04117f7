// Who may call. A SOAP credential is a user id with an encryption key, which signatures need in clear; an API key is
// kept as a hash alone. Both are shown once, when they are made.

import { randomBytes } from 'node:crypto'
import type { Role } from '../../domain/command.js'
import { sha256 } from '../log/log-chain.js'
import type { Seal } from './seal.js'

export type CredentialKind = 'soap' | 'api'

/** Whether a key can be carried by a Bearer header (RFC 6750 2.1), and is not soon guessed. */
export const isApiKey = (text: string): boolean => /^[A-Za-z0-9._~+/-]{20,200}=*$/.test(text)
export const apiKeyExpected = 'expected 20 to 200 letters, digits and . _ ~ + / -'

export interface Credential {
  /** The SOAP user id, or the name of the API key; it appears as actor in every history. */
  readonly id: string
  readonly kind: CredentialKind
  readonly role: Role
  /** A sealed encryption key (SOAP) or the SHA-256 of the key in hex (API). */
  readonly secret: string
  /** The secret before the last rotation, in the same form; it goes on working until then. */
  readonly previous: { readonly secret: string; readonly until: number } | null
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** The part of a store that keeps credentials. */
export interface CredentialStore {
  credentialById(id: string): Promise<Credential | undefined>
  /** By the present secret, or by the previous one, whether or not its time is over. */
  credentialBySecret(secret: string): Promise<Credential | undefined>
  /** False where the id is taken. A revoked one of the same kind is no longer in the way. */
  addCredential(credential: Credential): Promise<boolean>
  listCredentials(): Promise<readonly Credential[]>
  /** False where there is none, or it is revoked already. */
  revokeCredential(id: string, at: number): Promise<boolean>
  /** False where there is no active one that has the secret `from`. */
  rotateCredential(
    id: string,
    secrets: { readonly from: string; readonly to: string; readonly previousUntil: number },
  ): Promise<boolean>
}

export type Rotated =
  | { readonly type: 'rotated'; readonly secret: string; readonly previousUntil: number }
  | { readonly type: 'unknown' }
  /** The secret that was to be the new one is another credential's API key, or the present one. */
  | { readonly type: 'taken' }

export interface Caller {
  readonly id: string
  readonly role: Role
}

export interface SoapUser extends Caller {
  readonly encryptionKey: string
  /** The key before the last rotation, while it still works. */
  readonly previousKey?: string
}

const drawSecret = (kind: CredentialKind): string =>
  kind === 'soap' ? randomBytes(24).toString('hex') : `duk_${randomBytes(24).toString('base64url')}`

// A revoked credential stops working within this time on every process; in between no call asks the store.
const trustedForMs = 5_000
const rememberedMax = 10_000
// One that does not exist may be made at any moment, by hand, for somebody who waits.
const unknownForMs = 500

export class Credentials {
  readonly #store: CredentialStore
  readonly #seal: Seal
  readonly #remembered = new Map<string, { readonly credential: Credential | undefined; readonly until: number }>()

  constructor(store: CredentialStore, seal: Seal) {
    this.#store = store
    this.#seal = seal
  }

  /** The encryption key of a SOAP user, undefined for an unknown or revoked one. */
  async soapUser(userId: string): Promise<SoapUser | undefined> {
    const name = `soap ${userId}`
    const credential = this.#trusted(name) ?? (await this.#recall(name, () => this.#store.credentialById(userId)))
    if (credential?.kind !== 'soap') return undefined
    const { id, role, secret, previous } = credential
    const user = { id, role, encryptionKey: this.#seal.open(secret) }
    const isOver = previous === null || previous.until <= Date.now()
    return isOver ? user : { ...user, previousKey: this.#seal.open(previous.secret) }
  }

  /** Whose API key this is, undefined for an unknown or revoked one. */
  async apiCaller(apiKey: string): Promise<Caller | undefined> {
    const hash = sha256(apiKey)
    const credential = await this.#recall(`api ${hash}`, () => this.#store.credentialBySecret(hash))
    if (credential?.kind !== 'api') return undefined
    const { id, role, secret, previous } = credential
    return secret === hash || (previous?.secret === hash && previous.until > Date.now()) ? { id, role } : undefined
  }

  /** Makes a SOAP credential; without a key given, one is drawn. Undefined where the user id is taken. */
  async addSoap(userId: string, role: Role, encryptionKey = drawSecret('soap')): Promise<string | undefined> {
    const added = await this.#add({ id: userId, kind: 'soap', role, secret: this.#seal.close(encryptionKey) })
    return added ? encryptionKey : undefined
  }

  /** Makes an API key; without one given, one is drawn. Undefined where the name is taken. */
  async addApi(name: string, role: Role, apiKey = drawSecret('api')): Promise<string | undefined> {
    const secret = sha256(apiKey)
    // A key names its caller, so it cannot name two. (Two SOAP users may well have the same one.)
    if ((await this.#store.credentialBySecret(secret)) !== undefined) return undefined
    return (await this.#add({ id: name, kind: 'api', role, secret })) ? apiKey : undefined
  }

  /** Gives a credential another secret; the present one goes on working for a while, so that nobody is cut off. */
  async rotate(
    id: string,
    { overlapMs, secret }: { overlapMs: number; secret?: string | undefined },
  ): Promise<Rotated> {
    const credential = await this.#store.credentialById(id)
    if (credential === undefined || credential.revokedAt !== null) return { type: 'unknown' }
    const { kind, secret: from } = credential
    const drawn = secret ?? drawSecret(kind)
    const to = kind === 'soap' ? this.#seal.close(drawn) : sha256(drawn)
    if (kind === 'api' && (await this.#store.credentialBySecret(to)) !== undefined) return { type: 'taken' }
    const previousUntil = Date.now() + overlapMs
    this.#remembered.clear()
    // Somebody who rotated it at the same moment was told a secret of theirs, which must not be lost without a word.
    if (!(await this.#store.rotateCredential(id, { from, to, previousUntil }))) return { type: 'taken' }
    this.#remembered.clear()
    return { type: 'rotated', secret: drawn, previousUntil }
  }

  /** Throws SealError where a SOAP user could not be served with this process's SECRET_KEY. */
  async refuseUnreadable(): Promise<void> {
    for (const { kind, secret, revokedAt } of await this.#store.listCredentials()) {
      if (kind === 'soap' && revokedAt === null) this.#seal.open(secret)
    }
  }

  list(): Promise<readonly Credential[]> {
    return this.#store.listCredentials()
  }

  revoke(id: string): Promise<boolean> {
    this.#remembered.clear()
    return this.#store.revokeCredential(id, Date.now())
  }

  #add(credential: Pick<Credential, 'id' | 'kind' | 'role' | 'secret'>): Promise<boolean> {
    this.#remembered.clear()
    return this.#store.addCredential({ ...credential, previous: null, createdAt: Date.now(), revokedAt: null })
  }

  #trusted(name: string): Credential | undefined {
    const remembered = this.#remembered.get(name)
    return remembered !== undefined && remembered.until > Date.now() ? remembered.credential : undefined
  }

  async #recall(name: string, look: () => Promise<Credential | undefined>): Promise<Credential | undefined> {
    const now = Date.now()
    const remembered = this.#remembered.get(name)
    if (remembered !== undefined && remembered.until > now) return remembered.credential
    const found = await look()
    const credential = found?.revokedAt === null ? found : undefined
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear()
    const forMs = credential === undefined ? unknownForMs : trustedForMs
    this.#remembered.set(name, { credential, until: now + forMs })
    return credential
  }
}

// What the command line does about credentials, without a server. A secret is printed once and never read back.

import type { Config } from '../config.js'
import type { Role } from '../domain/command.js'
import { OperatorError } from '../operator-error.js'
import { apiKeyExpected, type CredentialKind, isApiKey } from '../service/access/credentials.js'
import { print, refuse, withStore } from './store-work.js'

export interface NewCredential {
  readonly kind: CredentialKind
  readonly id: string
  readonly role: Role
  /** The secret to use; one is drawn where absent. */
  readonly key?: string
}

export async function addCredential(config: Config, { kind, id, role, key }: NewCredential): Promise<void> {
  if (kind === 'api' && key !== undefined && !isApiKey(key)) throw new OperatorError(`--key: ${apiKeyExpected}`)
  await withStore(config, async ({ credentials }) => {
    const secret = kind === 'soap' ? await credentials.addSoap(id, role, key) : await credentials.addApi(id, role, key)
    if (secret === undefined)
      return refuse(
        `there is an active credential '${id}', or an API key with that secret: revoke it, or choose another`,
      )
    const name = kind === 'soap' ? 'encryption key' : 'API key'
    print(
      `id              ${id}\n${name.padEnd(14)}  ${secret}\nrole            ${role}\nThe ${name} is shown this once.`,
    )
  })
}

export async function listCredentials(config: Config): Promise<void> {
  await withStore(config, async ({ credentials }) => {
    for (const { id, kind, role, createdAt, revokedAt } of await credentials.list()) {
      const state = revokedAt === null ? 'active' : `revoked ${new Date(revokedAt).toISOString()}`
      print([kind.padEnd(5), role.padEnd(7), new Date(createdAt).toISOString(), state.padEnd(8), id].join('  '))
    }
  })
}

export async function revokeCredential(config: Config, id: string): Promise<void> {
  await withStore(config, async ({ credentials }) => {
    if (await credentials.revoke(id)) print(`revoked ${id}`)
    else refuse(`there is no active credential '${id}'; \`credentials list\` shows all`)
  })
}

export async function rotateCredential(
  config: Config,
  id: string,
  { overlapHours, key }: { readonly overlapHours: number; readonly key?: string },
): Promise<void> {
  await withStore(config, async ({ credentials }) => {
    const found = (await credentials.list()).find(credential => credential.id === id)
    if (found?.kind === 'api' && key !== undefined && !isApiKey(key)) return refuse(`--key: ${apiKeyExpected}`)
    const rotated = await credentials.rotate(id, { overlapMs: overlapHours * 3_600_000, secret: key })
    switch (rotated.type) {
      case 'unknown':
        return refuse(`there is no active credential '${id}'; \`credentials list\` shows all`)
      case 'taken':
        return refuse('that secret is in use, or somebody else rotated the credential at this moment')
      case 'rotated': {
        const until = new Date(rotated.previousUntil).toISOString()
        print(`id      ${id}\nsecret  ${rotated.secret}\nIt is shown this once. The one before works until ${until}.`)
        return
      }
      default:
        return rotated satisfies never
    }
  })
}

// What the command line does on a store without a server: schema, credentials, fields, verification. Prints plain
// lines for people, and sets the exit code.

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from './config.js'
import type { Role } from './domain/command.js'
import type { FieldType } from './domain/field.js'
import { type Opened, open } from './opening.js'
import { OperatorError, shownUrl } from './operator-error.js'
import type { CredentialKind } from './service/credentials.js'
import { verify } from './service/verify.js'
import { openStore } from './store/store.js'

export const print = (line: string): void => void process.stdout.write(`${line}\n`)

export function refuse(line: string): void {
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}

export async function withStore(config: Config, work: (opened: Opened) => Promise<void>): Promise<void> {
  // With another folder or environment than the server has, a command would change another store without a word.
  process.stderr.write(`store: ${shownUrl(config.storeUrl)}\n`)
  const opened = await open(config)
  try {
    await work(opened)
  } finally {
    await opened.store.close()
  }
}

export async function migrateStore(config: Config, unlock: boolean): Promise<void> {
  const store = openStore(config.storeUrl)
  try {
    if (unlock) await store.freeMigrationLock()
    const applied = await store.migrate()
    print(applied.length === 0 ? 'the schema is up to date' : `applied ${applied.join(', ')}`)
  } finally {
    await store.close()
  }
}

export interface NewCredential {
  readonly kind: CredentialKind
  readonly id: string
  readonly role: Role
  /** The secret to use; one is drawn where absent. */
  readonly key?: string
}

export async function addCredential(config: Config, { kind, id, role, key }: NewCredential): Promise<void> {
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

export async function addField(
  config: Config,
  name: string,
  { label, type }: { label?: string; type: FieldType },
): Promise<void> {
  await withStore(config, async ({ fields }) => {
    const added = await fields.add({ name, label: label ?? name, type })
    if (added.type === 'refused') refuse(added.problem)
    else print(`added ${name} (${type}), in JSON ${added.field.jsonName}`)
  })
}

export async function listFields(config: Config): Promise<void> {
  await withStore(config, async ({ fields }) => {
    for (const { name, jsonName, label, type, isCustom, isReadOnly } of fields.dictionary.fields) {
      const marks = [isCustom ? 'custom' : 'standard', ...(isReadOnly ? ['read-only'] : [])].join(' ')
      print([name.padEnd(30), jsonName.padEnd(30), type.padEnd(9), marks.padEnd(19), label].join('  '))
    }
  })
}

export async function verifyStore(config: Config): Promise<void> {
  refuseMissing(config.storeUrl)
  // The log is played into an embedded store in a folder of its own; the tables must come out the same.
  const folder = await mkdtemp(join(tmpdir(), 'durable-unsubscribe-verify-'))
  const scratch = openStore(`sqlite:${join(folder, 'scratch.db')}`)
  try {
    await scratch.migrate()
    // It looks and changes nothing: a store without its schema is refused, not made.
    await withStore({ ...config, migrate: 'off' }, async ({ store }) => {
      const report = await verify(store, { scratch, onProgress: showProgress })
      if (report.broken !== null) return refuse(`broken: ${report.broken}`)
      const tables = report.tablesCompared
        ? 'the tables are what the log says'
        : `the tables were not compared: ${report.erased} details were erased`
      const [last] = await store.log({ after: report.entries - 1, limit: 1 })
      const end = last === undefined ? '' : ` to ${new Date(last.at).toISOString()}`
      print(`ok: ${report.entries} log entries${end}, the chain holds, ${tables}`)
    })
  } finally {
    await scratch.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function refuseMissing(storeUrl: string): void {
  const file = /^sqlite:(?:\/\/)?(.*)$/.exec(storeUrl)?.[1]
  if (file === undefined || existsSync(file)) return
  throw new OperatorError(`there is no store at ${file}: check DATABASE_URL, DATA_DIR and the folder you are in`)
}

function showProgress(done: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${all} log entries${done === all ? '\n' : ''}`)
}

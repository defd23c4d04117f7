// The schema: which migrations there are, whether the database has them all, and bringing it up to date under knex's
// lock, so that of several starters one migrates and the others wait.

import { setTimeout as delay } from 'node:timers/promises'
import type { Knex } from 'knex'
import * as people from '../../migrations/001-people.js'
import * as emailStatus from '../../migrations/002-email-status.js'
import * as log from '../../migrations/003-log.js'
import * as registry from '../../migrations/004-registry.js'
import * as firstRows from '../../migrations/005-first-rows.js'
import * as lists from '../../migrations/006-lists.js'
import * as workspaces from '../../migrations/007-workspaces.js'
import * as flows from '../../migrations/008-flows.js'
import * as activityOrders from '../../migrations/009-activity-orders.js'
import * as callCounts from '../../migrations/010-call-counts.js'
import * as imports from '../../migrations/011-imports.js'
import * as settings from '../../migrations/012-settings.js'
import * as guard from '../../migrations/013-guard.js'
import * as redactedLog from '../../migrations/014-redacted-log.js'
import * as overlappingSecrets from '../../migrations/016-overlapping-secrets.js'
import * as blockedAttempts from '../../migrations/017-blocked-attempts.js'
import * as blockedAttemptIds from '../../migrations/018-blocked-attempt-ids.js'
import * as changeFeed from '../../migrations/019-change-feed.js'
import * as webhooks from '../../migrations/020-webhooks.js'
import * as jobReports from '../../migrations/022-job-reports.js'
import * as flowRunPeople from '../../migrations/026-flow-run-people.js'
import * as salesforceInbox from '../../migrations/030-salesforce-inbox.js'
import * as salesforceRecords from '../../migrations/031-salesforce-records.js'
import * as salesforceOutbox from '../../migrations/032-salesforce-outbox.js'
import * as logCut from '../../migrations/034-log-cut.js'
import * as logCutRow from '../../migrations/035-log-cut-row.js'
import * as salesforceSyncs from '../../migrations/036-salesforce-syncs.js'
import * as flowRunSelection from '../../migrations/039-flow-run-selection.js'
import * as queueOrders from '../../migrations/042-queue-orders.js'
import * as traces from '../../migrations/043-traces.js'

interface Migration {
  readonly name: string
  up(knex: Knex): Promise<void>
}

const migrations: readonly Migration[] = [
  { name: '001-people', up: people.up },
  { name: '002-email-status', up: emailStatus.up },
  { name: '003-log', up: log.up },
  { name: '004-registry', up: registry.up },
  { name: '005-first-rows', up: firstRows.up },
  { name: '006-lists', up: lists.up },
  { name: '007-workspaces', up: workspaces.up },
  { name: '008-flows', up: flows.up },
  { name: '009-activity-orders', up: activityOrders.up },
  { name: '010-call-counts', up: callCounts.up },
  { name: '011-imports', up: imports.up },
  { name: '012-settings', up: settings.up },
  { name: '013-guard', up: guard.up },
  { name: '014-redacted-log', up: redactedLog.up },
  { name: '016-overlapping-secrets', up: overlappingSecrets.up },
  { name: '017-blocked-attempts', up: blockedAttempts.up },
  { name: '018-blocked-attempt-ids', up: blockedAttemptIds.up },
  { name: '019-change-feed', up: changeFeed.up },
  { name: '020-webhooks', up: webhooks.up },
  { name: '022-job-reports', up: jobReports.up },
  { name: '026-flow-run-people', up: flowRunPeople.up },
  { name: '030-salesforce-inbox', up: salesforceInbox.up },
  { name: '031-salesforce-records', up: salesforceRecords.up },
  { name: '032-salesforce-outbox', up: salesforceOutbox.up },
  { name: '034-log-cut', up: logCut.up },
  { name: '035-log-cut-row', up: logCutRow.up },
  { name: '036-salesforce-syncs', up: salesforceSyncs.up },
  { name: '039-flow-run-selection', up: flowRunSelection.up },
  { name: '042-queue-orders', up: queueOrders.up },
  { name: '043-traces', up: traces.up },
]

/** The database was last used by a newer program; this one might break what it does not know. */
export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew'
}

const source: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...migrations],
  getMigrationName: ({ name }) => name,
  getMigration: async ({ up }) => ({ up, down: forwardOnly }),
}

async function forwardOnly(): Promise<void> {
  throw new Error('migrations go forward only: restore a backup to go back')
}

const lockTable = 'schema_migrations_lock'

// DDL on MySQL commits by itself, so a transaction around it would promise what it cannot keep.
const config: Knex.MigratorConfig = {
  migrationSource: source,
  disableTransactions: true,
  tableName: 'schema_migrations',
}

// Another starter that migrates is given this long; one that crashed while migrating holds the lock for ever.
const lockPatienceMs = 60_000

export interface SchemaState {
  /** Names that this program knows and the database has not. */
  readonly pending: readonly string[]
  /** Names that the database has and this program does not know. */
  readonly unknown: readonly string[]
}

export async function schemaState(knex: Knex): Promise<SchemaState> {
  const known = migrations.map(({ name }) => name)
  const rows: { name: string }[] = (await knex.schema.hasTable('schema_migrations'))
    ? await knex('schema_migrations').select('name')
    : []
  const applied = rows.map(({ name }) => name)
  return {
    pending: known.filter(name => !applied.includes(name)),
    unknown: applied.filter(name => !known.includes(name)),
  }
}

/** Refuses a schema that is newer than this program. */
export function refuseNewer({ unknown }: SchemaState): void {
  if (unknown.length === 0) return
  throw new SchemaTooNew(
    `the database has migrations that this program does not know (${unknown.join(', ')}): start the ` +
      'newer program, or restore a backup from before it',
  )
}

/** Brings the schema up to date and gives the names of what was applied. */
export async function migrate(knex: Knex): Promise<readonly string[]> {
  const before = await schemaState(knex)
  refuseNewer(before)
  if (before.pending.length === 0) return []
  const giveUpAt = Date.now() + lockPatienceMs
  for (;;) {
    try {
      await makeLock(knex)
      await knex.migrate.latest(config)
      return before.pending
    } catch (cause) {
      if (!isRaceWithAnotherStarter(cause)) throw cause
      if (Date.now() > giveUpAt) throw new Error(stuckLock, { cause })
      await delay(200)
      const now = await schemaState(knex)
      refuseNewer(now)
      if (now.pending.length === 0) return []
    }
  }
}

// knex makes its lock with one row for each starter that finds it empty at the same moment; with two rows nobody can
// ever take it. So it is made here, with a row that can be there only once.
async function makeLock(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable(lockTable))) {
    try {
      await knex.schema.createTable(lockTable, table => {
        table.integer('index').notNullable().primary()
        table.integer('is_locked')
      })
    } catch (cause) {
      if (!isRaceWithAnotherStarter(cause)) throw cause
    }
  }
  await knex(lockTable).insert({ index: 1, is_locked: 0 }).onConflict('index').ignore()
}

/** Frees the lock that a starter left behind when it crashed in the middle of migrating. */
export async function freeMigrationLock(knex: Knex): Promise<void> {
  await knex.migrate.forceFreeMigrationsLock(config)
}

const stuckLock =
  `another process has been migrating for more than ${lockPatienceMs / 1000} s; if none is, it ` +
  `crashed: run 'migrate --unlock' and start again`

// Two starters can also collide before the lock exists, while both make knex's own tables.
function isRaceWithAnotherStarter(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  if (cause.name === 'MigrationLocked' || /lock/i.test(cause.message)) return true
  return /already exists|Duplicate entry|UNIQUE constraint|SQLITE_BUSY/i.test(cause.message)
}

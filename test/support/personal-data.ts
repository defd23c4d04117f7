// One person and one address in every place of a store that can hold something about them, each value with the word
// "hush" in it; and what is expected of every column of the schema. Whoever adds a column says here what it holds,
// and fills it if it holds something about people.
import type { Knex } from 'knex'
import { readConfig } from '../../src/config.js'
import { open } from '../../src/opening.js'
import { GroupCommit } from '../../src/service/writes/group-commit.js'
import { openEngine } from '../../src/store/engine.js'
import { aCause, aForeignId, aKey, aPolicy, aSave, aSubmission, aSubscription } from './builders.js'
import { personIdOf } from './group-commits.js'

/** As nobody folds it: capital letters, and a part that a longer address could end with. */
export const secretAddress = 'Ada.Hush@Erase.Example'

/**
 * `told`: an erasure takes it away, and an export shows it before. `named`: an erasure takes it away, and an export
 * names what it stands in. `work`: an erasure takes it away; it is no more than work that follows from what is told.
 * `waits`: it is still needed as it is; an erasure says so. `link`: the id of a person, which goes with the person.
 */
export type Fate = 'told' | 'named' | 'work' | 'waits' | 'link'

/** What holds something about a person or an address. */
export const personal: Readonly<Record<string, Readonly<Record<string, Fate>>>> = {
  people: { id: 'link', address_key: 'told', address: 'told', fields: 'told' },
  foreign_ids: { value: 'told', person_id: 'link' },
  cookies: { cookie: 'told', person_id: 'link' },
  list_members: { person_id: 'link' },
  email_status: { address_key: 'told', reason: 'told', evidence: 'told' },
  status_history: { address_key: 'told', reason: 'told', evidence: 'told' },
  fan_outs: { address_key: 'work' },
  log: { detail: 'told' },
  activities: { from_value: 'told', to_value: 'told', reason: 'told' },
  refusals: { address_key: 'told', reason: 'told', evidence: 'told' },
  blocked_attempts: { address_key: 'told' },
  imports: { plan: 'named', progress: 'named' },
  import_reports: { content: 'named' },
  import_rows: { content: 'waits' },
  flow_runs: { changes: 'named', selection: 'named', terms: 'named' },
  salesforce_inbox: { fields: 'told' },
  salesforce_records: { person_id: 'link', address: 'told', address_key: 'told' },
  salesforce_conflicts: { address_key: 'told' },
  salesforce_outbox: { last_error: 'told' },
  salesforce_syncs: { last_error: 'work' },
}

// Ids of people mean nobody once these are gone, addresses are keyed hashes, and what admins name or write about their
// own set-up is not about people: `name`, `description`, `created_by`, actors, callers. A traced call is kept once all
// of its values were taken out.
const free: Readonly<Record<string, string>> = {
  people: 'address_seq own_unsubscribed partition_name created_at saved_at updated_at',
  foreign_ids: 'system',
  cookies: '',
  list_members: 'list_id',
  email_status: 'unsubscribed version since source actor seq people origin',
  status_history: 'version unsubscribed at source actor seq origin',
  fan_outs: 'version seq to_unsubscribed except_id up_to',
  log: 'seq command_id at kind actor source address_hash person_id detail_hash previous_hash hash redacted_by',
  log_head: 'id seq activity_id hash',
  log_cut: 'id seq activity_id hash at plan_seq plan_activity_id holder held_until',
  activities: 'id seq at person_id kind attribute source status_version',
  kept_answers: 'replay_key request_hash seq expires_at',
  refusals: 'seq at actor role source person_id missing',
  blocked_attempts: 'id at caller purpose mode status_version',
  imports: 'id list_id state row_count replay_key request_hash created_at started_at ended_at holder held_until',
  import_reports: 'import_id number',
  import_rows: 'import_id number',
  flows: 'id program name description steps list_id created_at',
  flow_runs:
    'id flow_id list_id reason actor role run_at up_to people refused holder held_until ended_at request_key ' +
    'request_hash people_ids total changed cancelled_at',
  salesforce_inbox:
    'id org_id notification_id object_type record_id received_at attempts next_try processed_at outcome',
  salesforce_records:
    'org_id record_id object_type opted_out last_modified agreed_version waiting_since written_opted_out written_at ' +
    'write_pending is_deleted version',
  salesforce_conflicts:
    'id at org_id record_id object_type theirs_opted_out theirs_at ours_opted_out ours_version ours_since precedence ' +
    'resolution',
  salesforce_outbox: 'org_id record_id opted_out cause status_version queued_at revision attempts next_try state',
  salesforce_syncs: 'id name is_dry_run asked_by state object_type after_id counts asked_at started_at ended_at',
  salesforce_work: 'name holder held_until position',
  webhooks:
    'id url description filter state state_reason secret previous_secret previous_until seq activity_id delivered ' +
    'last_delivered_at failing_since last_error created_at created_by holder held_until',
  webhook_queues: 'webhook_id queue attempts failing_since next_at',
  webhook_deliveries: 'webhook_id change_id queue seq activity_id state attempts stored_at last_at last_error',
  static_lists: 'id name program created_at',
  workspaces: 'folded_name name partition_name created_at',
  credentials: 'id kind role secret created_at revoked_at previous_secret previous_until',
  custom_fields: 'name json_name label type created_at',
  counters: 'name next',
  store_facts: 'name value',
  settings: 'name version value changed_at changed_by',
  call_counts: 'day caller calls',
  traces: 'caller started_at started_by until_at calls_max',
  traced_calls: 'id caller at is_proven characters call',
}

/** `table.column` of all that is declared. */
export const declaredColumns: readonly string[] = [
  ...Object.entries(free).flatMap(([table, names]) => names.split(' ').map(name => [table, name] as const)),
  ...Object.entries(personal).flatMap(([table, columns]) => Object.keys(columns).map(name => [table, name] as const)),
]
  .filter(([, name]) => name !== '')
  .map(([table, name]) => `${table}.${name}`)

/** The columns of the schema and all that is in each, as texts; of the tables of migrations and of SQLite nothing. */
export async function columnsOf(url: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const engine = openEngine(url)
  try {
    const tables: { name: string }[] = await engine
      .reader('sqlite_master')
      .where({ type: 'table' })
      .whereNot('name', 'like', 'schema_migrations%')
      .whereNot('name', 'like', 'sqlite_%')
      .select('name')
    const found = new Map<string, readonly string[]>()
    for (const { name } of tables) {
      const rows: Record<string, unknown>[] = await engine.reader(name).select('*')
      for (const column of Object.keys(await engine.reader(name).columnInfo()))
        found.set(
          `${name}.${column}`,
          rows.map(row => String(row[column])),
        )
    }
    return found
  } finally {
    await engine.close()
  }
}

/** Fills a new embedded store. Gives the id of the one person. */
export async function fillWithSecrets(url: string): Promise<number> {
  const { store, hashAddress } = await open(readConfig({ DATABASE_URL: url }))
  try {
    const key = aKey(secretAddress)
    const events = { batch() {}, command() {}, retry() {}, defect() {} }
    const writes = new GroupCommit(store, { hashAddress, events })
    const naming = { reason: `a mail from ${secretAddress}`, reasonGiven: true, evidence: `see ${key}, page 2` }
    const fields = { FirstName: 'hush-first', City: 'hush-city' }
    const save = aSave({ address: secretAddress, fields, foreignId: aForeignId('hush-id'), cookie: 'hush-cookie' })
    const id = personIdOf(await writes.submit(aSubmission({ command: save })))
    await writes.submit(aSubmission({ command: aSave({ id, fields: { City: 'hush-town' } }) }))
    const optOut = aSave({ id, unsubscribed: true })
    await writes.submit(aSubmission({ command: optOut, cause: aCause(naming) }))
    const optIn = aSubscription('subscribed', secretAddress)
    const guarded = aPolicy({ resubscribe: 'guarded' })
    await writes.submit(aSubmission({ command: optIn, cause: aCause(naming), policy: guarded }))
    const list = (await store.addList('Visitors', 'Fair'))!
    const joining = { type: 'change-list', list, people: [id], isMember: true, strict: true } as const
    await writes.submit(aSubmission({ command: joining }))
    await store.addBlockedAttempts([
      { at: 1, caller: 'a test', purpose: 'commercial', mode: 'each', key, statusVersion: 1 },
    ])
    await inTables(url, knex => fillBeside(knex, key, id))
    return id
  } finally {
    await store.close()
  }
}

export async function inTables<T>(url: string, work: (knex: Knex) => Promise<T>): Promise<T> {
  const engine = openEngine(url)
  try {
    return await work(engine.writer)
  } finally {
    await engine.close()
  }
}

// What only comes to be by a crash, by time, or by Salesforce.
async function fillBeside(knex: Knex, key: string, id: number): Promise<void> {
  const said = JSON.stringify({ text: `about ${secretAddress}` })
  await knex('fan_outs').insert({ address_key: key, version: 1, seq: 3, to_unsubscribed: true, up_to: 0 })
  const job = { list_id: 0, row_count: 1, created_at: 1, held_until: 0, plan: said, progress: said }
  await knex('imports').insert({ ...job, id: 71, state: 'complete', ended_at: 2 })
  await knex('import_reports').insert({ import_id: 72, number: 1, content: JSON.stringify([said]) })
  await knex('import_rows').insert({ import_id: 73, number: 1, content: said })
  const run = { flow_id: 1, list_id: 0, reason: 'a flow', actor: 'crm', role: 'writer', run_at: 1, up_to: 0 }
  const progress = { people: 1, refused: 0, changed: 1, held_until: 0, ended_at: 2 }
  const texts = { changes: said, selection: said, terms: said }
  await knex('flow_runs').insert({ ...run, ...progress, ...texts, id: 81 })
  await knex('flow_runs').insert({ ...run, ...progress, id: 82, changes: '{}', people_ids: `[7,${id}]` })
  await knex('flow_runs').insert({ ...run, ...progress, id: 83, changes: '{}', people_ids: `[7,${id}0]` })
  const record = { org_id: '00D000000000001EAA', record_id: '003000000000001AAA', object_type: 'Contact' }
  const message = { ...record, fields: JSON.stringify({ Email: secretAddress }), received_at: 1, attempts: 24 }
  const failed = { notification_id: '04l000000000001AAA', next_try: 1, processed_at: 2, outcome: 'failed' }
  await knex('salesforce_inbox').insert({ ...message, ...failed, id: 91 })
  const shadow = { write_pending: false, is_deleted: false, version: 1 }
  await knex('salesforce_records').insert({
    ...{ ...record, ...shadow },
    ...{ person_id: id, address: secretAddress, address_key: key },
  })
  // Linked with the person by an id, while its address is another one.
  await knex('salesforce_records').insert({ ...record, ...shadow, record_id: '003000000000002AAA', person_id: id })
  await knex('salesforce_conflicts').insert({
    ...{ ...record, id: 1, at: 1, address_key: key, theirs_opted_out: true, ours_opted_out: false },
    ...{ ours_version: 0, precedence: 'opt-out', resolution: 'took-theirs' },
  })
  await knex('salesforce_outbox').insert({
    ...{ org_id: record.org_id, record_id: record.record_id, opted_out: true, cause: 'status', status_version: 1 },
    ...{ queued_at: 1, revision: 1, attempts: 24, next_try: 1, state: 'failed' },
    last_error: `INVALID_EMAIL_ADDRESS: ${secretAddress}`,
  })
  await knex('salesforce_syncs').insert({
    ...{ id: 1, is_dry_run: false, asked_by: 'schedule', state: 'failed', counts: '{}', asked_at: 1 },
    last_error: `not understood: ${secretAddress}`,
  })
}

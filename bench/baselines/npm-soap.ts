// Baseline (a): the service as a good team would build it in a week from the same packages: npm soap's Server, and one
// transaction a call with knex's builder. Same WSDL, tables and durability; the status belongs to the address, and each
// change leaves the same rows. It has no replays, no chain of hashes, no fan-out in pieces and no limits.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import knex, { type Knex } from 'knex'
import { listen } from 'soap'
import { openEngine } from '../../src/store/engine.js'
import { openStore } from '../../src/store/store.js'
import { projectRoot } from '../../test/support/project.js'
import { benchUser } from '../calls.js'

interface Header {
  readonly AuthenticationHeader?: {
    readonly mktowsUserId?: string
    readonly requestSignature?: string
    readonly requestTimestamp?: string
  }
}

interface SyncLead {
  readonly leadRecord: {
    readonly Email: string
    readonly leadAttributeList?: { readonly attribute?: readonly { attrName: string; attrValue: string }[] }
  }
}

const url = process.env.DATABASE_URL!
const pool = {
  ...{ min: 0, max: 10 },
  afterCreate: (connection: Setting, done: () => void) =>
    connection.query('set session transaction isolation level read committed', done),
}
interface Setting {
  query(sql: string, done: () => void): void
}
const store = openStore(url)
await store.migrate()
await store.close()
// knex with its ordinary pool of ten connections; for SQLite only the driver's dialect is ours.
const database = url.startsWith('sqlite:') ? openEngine(url).writer : knex({ client: 'mysql2', connection: url, pool })
// One process, so it can hand out ids by itself.
const last = { person: 0, seq: 0, activity: 0 }

function authenticate(header: Header): void {
  const { mktowsUserId = '', requestSignature = '', requestTimestamp = '' } = header.AuthenticationHeader ?? {}
  const expected = createHmac('sha1', benchUser.key)
    .update(requestTimestamp + mktowsUserId)
    .digest('hex')
  if (mktowsUserId !== benchUser.id || requestSignature !== expected) throw new Error('20014 - Authentication failed')
}

function syncLead({ leadRecord }: SyncLead): Promise<object> {
  const address = leadRecord.Email
  const attributes = leadRecord.leadAttributeList?.attribute ?? []
  const flag = attributes.find(({ attrName }) => attrName === 'Unsubscribed')?.attrValue === '1'
  return database.transaction(async transaction => {
    const key = address.trim().toLowerCase()
    const at = Date.now()
    const seq = ++last.seq
    const status = await transaction('email_status').where({ address_key: key }).forUpdate().first()
    let person = await transaction('people').where({ address_key: key }).first()
    const isNew = person === undefined
    if (isNew) {
      person = { id: ++last.person, address_key: key, address, address_seq: seq, own_unsubscribed: false }
      Object.assign(person, { partition_name: 'Default', fields: '{}', created_at: at, saved_at: at, updated_at: at })
      await transaction('people').insert(person)
    } else {
      await transaction('people').where({ id: person.id }).update({ saved_at: at, updated_at: at })
    }
    if (status === undefined || Boolean(status.unsubscribed) !== flag) {
      const version = (status?.version ?? 0) + 1
      const change = { version, unsubscribed: flag, reason: 'SOAP API', source: 'SOAP API', actor: benchUser.id, seq }
      const row = { address_key: key, ...change, evidence: null }
      if (status === undefined) await transaction('email_status').insert({ ...row, since: at, people: 1 })
      else
        await transaction('email_status')
          .where({ address_key: key })
          .update({ ...change, since: at })
      await transaction('status_history').insert({ ...row, at })
      await transaction('activities').insert({
        ...{ id: ++last.activity, seq, at, person_id: person.id, kind: 'value-changed', attribute: 'Unsubscribed' },
        ...{ from_value: String(!flag), to_value: String(flag), status_version: version },
        ...{ reason: 'SOAP API', source: 'SOAP API' },
      })
    }
    await transaction('log').insert(logRow(seq, at, person.id, leadRecord))
    return reply(person.id, isNew)
  })
}

function logRow(seq: number, at: number, personId: number, leadRecord: object): object {
  return {
    ...{ seq, at, command_id: seq.toString(16).padStart(32, '0'), kind: 'save-person', person_id: personId },
    ...{ actor: benchUser.id, source: 'SOAP API', detail: JSON.stringify(leadRecord) },
    ...{ detail_hash: '', previous_hash: '', hash: '' },
  }
}

const reply = (leadId: number, isNew: boolean): object => ({
  result: { leadId, syncStatus: { leadId, status: isNew ? 'CREATED' : 'UPDATED', error: null } },
})

async function getLead({ leadKey }: { leadKey: { keyValue: string } }): Promise<object> {
  const key = leadKey.keyValue.trim().toLowerCase()
  const people: Knex.QueryBuilder = database('people')
    .leftJoin('email_status', 'email_status.address_key', 'people.address_key')
    .where({ 'people.address_key': key })
    .orderBy('people.id', 'desc')
    .select('people.*', 'email_status.unsubscribed')
  const leadRecord = (await people).map(
    (row: { id: number; address: string; fields: string; unsubscribed: number }) => {
      const fields = Object.entries({ ...JSON.parse(row.fields), Unsubscribed: row.unsubscribed ? '1' : '0' })
      const attribute = fields.map(([attrName, attrValue]) => ({ attrName, attrType: 'string', attrValue }))
      const record = { Id: row.id, Email: row.address, ForeignSysPersonId: null, ForeignSysType: null }
      return { ...record, leadAttributeList: { attribute } }
    },
  )
  if (leadRecord.length === 0) throw new Error('20103 - Lead not found')
  return { result: { count: leadRecord.length, leadRecordList: { leadRecord } } }
}

const operation =
  <Params>(carryOut: (params: Params) => Promise<object>) =>
  async (params: Params, _: unknown, header: Header): Promise<object> => {
    authenticate(header)
    return carryOut(params)
  }

const port = { syncLead: operation(syncLead), getLead: operation(getLead) }
const services = { MktMktowsApiService: { MktowsApiSoapPort: port } }
const wsdl = readFileSync(join(projectRoot, 'wsdl/mktows-3_1.wsdl'), 'utf8')
const server = createServer((_, response) => void response.writeHead(404).end())
listen(server, { path: '/soap/mktows/3_1', services, xml: wsdl })
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`baseline listens on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
process.once('SIGTERM', () => process.exit(0))

// The SOAP face over a store in memory, driven without sockets, and the messages that tests send to it. Replies are
// read with another parser than ours.
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import type { Role } from '../../src/domain/command.js'
import type { CallLimiter } from '../../src/service/access/call-limits.js'
import { Credentials } from '../../src/service/access/credentials.js'
import type { FailedAttempts } from '../../src/service/access/failed-attempts.js'
import { createOneClick } from '../../src/service/access/one-click.js'
import { createSeal } from '../../src/service/access/seal.js'
import { ChangeFeed } from '../../src/service/changes/change-feed.js'
import { Fields } from '../../src/service/fields.js'
import type { Face, Service } from '../../src/service/service.js'
import { Settings } from '../../src/service/settings.js'
import { GroupCommit, type GroupCommitLimits } from '../../src/service/writes/group-commit.js'
import { defaultSignatureWindowMs, signatureOf } from '../../src/soap/authenticate.js'
import { type CallFacts, type CallTracer, createEndpoint, type EndpointReply } from '../../src/soap/endpoint.js'
import { type Contract, type Contracts, loadContracts } from '../../src/soap/wsdl/contracts.js'
import { aHashAddress, aPolicy } from './builders.js'
import { checksOver, tracesOver } from './checks.js'
import { memoryPrivacy } from './memory-privacy.js'
import { noSalesforce } from './memory-salesforce.js'
import { snapshotsOf } from './memory-snapshots.js'
import { createMemoryStore, type MemoryStore } from './memory-store.js'
import { someWebhooks } from './memory-webhooks.js'
import { projectRoot } from './project.js'

export const mktows = 'http://www.marketo.com/mktows/'
export const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/'
export const soap12 = 'http://www.w3.org/2003/05/soap-envelope'

export const writerId = 'MKTOWS_000-AAA-111_1'
export const users: Readonly<Record<Role, { readonly id: string; readonly key: string }>> = {
  writer: { id: writerId, key: '9A8B7C6D5E4F3A2B1C0D' },
  reader: { id: 'MKTOWS_000-AAA-111_2', key: 'READ7C6D5E4F3A2B1C0D' },
  admin: { id: 'MKTOWS_000-AAA-111_3', key: 'ADMI7C6D5E4F3A2B1C0D' },
}

/** The time at which all calls of these tests arrive, and the text that clients sign for it. */
export const callTime = Date.UTC(2026, 10, 20, 12)
export const callTimestamp = '2026-11-20T04:00:00-08:00'

let contracts: Promise<Contracts> | undefined

/** Compiled once for all tests of a file; nothing in it changes. */
export function theContracts(): Promise<Contracts> {
  contracts ??= loadContracts(join(projectRoot, 'wsdl'))
  return contracts
}

export interface SoapFaceOptions {
  readonly policy?: Face['policy']
  readonly acceptUnknownFields?: boolean
  readonly limits?: Partial<GroupCommitLimits>
  readonly store?: MemoryStore
  readonly signatureWindowMs?: number
  readonly limiter?: CallLimiter
  readonly failedAttempts?: FailedAttempts
  readonly tracer?: CallTracer
  readonly now?: () => number
}

export interface SoapFace {
  readonly store: MemoryStore
  readonly service: Service
  readonly writes: GroupCommit
  readonly endpoint: ReturnType<typeof createEndpoint>
  readonly contract: Contract
  readonly facts: readonly CallFacts[]
  readonly defects: readonly unknown[]
  /** Sends a message to 3_1 and gives the reply as it came. */
  post(message: string | Uint8Array, contentType?: string): Promise<EndpointReply>
  /** Sends a message and reads the reply: prefixes taken off, every value a text. */
  send(message: string): Promise<Reading>
}

/** A reply as another parser reads it. */
export interface Reading {
  readonly text: string
  readonly status: number
  readonly body: Tree
  /** Null where it is no fault. */
  readonly fault: { readonly code: string; readonly message: string; readonly string: string } | null
}

/** Elements by name. A leaf is a text, whatever is said here: tests compare it, and never look into it. */
export interface Tree {
  readonly [name: string]: Tree
}

export async function aSoapFace(options: SoapFaceOptions = {}): Promise<SoapFace> {
  const store = options.store ?? createMemoryStore()
  const credentials = new Credentials(store, createSeal(null))
  for (const [role, { id, key }] of Object.entries(users)) await credentials.addSoap(id, role as Role, key)
  const writes = new GroupCommit(store, {
    hashAddress: aHashAddress,
    limits: options.limits ?? {},
    events: { batch() {}, command() {}, retry() {}, defect() {} },
  })
  const fields = await Fields.load(store, { acceptUnknown: options.acceptUnknownFields ?? false })
  const settings = await Settings.load(store)
  const changes = new ChangeFeed(store, () => {})
  const service: Service = {
    writes,
    reads: store,
    changes,
    webhooks: someWebhooks(changes),
    refusals: store,
    salesforce: noSalesforce,
    fields,
    credentials,
    settings,
    oneClick: { ...createOneClick(Buffer.from('of a test')), publicUrl: 'https://example.org' },
    ...checksOver(store, settings),
    traces: tracesOver(store),
    lists: store,
    flows: store,
    jobs: store,
    exports: snapshotsOf(store),
    privacy: memoryPrivacy(store),
    readiness: async () => ({ isReady: true, problems: [] }),
  }
  const facts: CallFacts[] = []
  const defects: unknown[] = []
  const endpoint = createEndpoint({
    service,
    face: { source: 'SOAP API', defaultReason: 'SOAP API', policy: options.policy ?? aPolicy() },
    signatureWindowMs: options.signatureWindowMs ?? defaultSignatureWindowMs,
    now: options.now ?? (() => callTime),
    limiter: options.limiter,
    failedAttempts: options.failedAttempts,
    tracer: options.tracer,
    observer: { called: fact => facts.push(fact), refused() {}, defect: cause => defects.push(cause) },
  })
  const contract = (await theContracts()).get('3_1')!
  const post: SoapFace['post'] = (message, contentType = 'text/xml; charset=utf-8') =>
    endpoint.answer(contract, {
      body: typeof message === 'string' ? Buffer.from(message) : message,
      contentType,
      requestId: 'request-1',
    })
  const send: SoapFace['send'] = async message => readReply(await post(message))
  return { store, service, writes, endpoint, contract, facts, defects, post, send }
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
})

export function readReply({ body: text, status }: Pick<EndpointReply, 'body' | 'status'>): Reading {
  const body = parser.parse(text).Envelope.Body as Tree
  const fault = body.Fault as Tree | undefined
  if (fault === undefined) return { text, status, body, fault: null }
  const exception = (fault.detail ?? fault.Detail)!.serviceException as unknown as { code: string; message: string }
  const string = (fault.faultstring ?? fault.Reason?.Text?.['#text']) as unknown as string
  return { text, status, body, fault: { code: exception.code, message: exception.message, string } }
}

export interface HeaderTraits {
  readonly as?: Role
  readonly timestamp?: string
  /** Takes the place of the AuthenticationHeader. */
  readonly authentication?: string
  /** Further header blocks. */
  readonly blocks?: string
  readonly soap?: string
}

/** A whole message around a body, signed, in the shape that PHP clients send. */
export function aMessage(body: string, traits: HeaderTraits = {}): string {
  const { as = 'writer', timestamp = callTimestamp, blocks = '', soap = soap11 } = traits
  const authentication = traits.authentication ?? anAuthenticationHeader(as, timestamp)
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${soap}" xmlns:ns1="${mktows}" ` +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<SOAP-ENV:Header>${authentication}${blocks}</SOAP-ENV:Header>` +
    `<SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`
  )
}

export function anAuthenticationHeader(as: Role, timestamp: string): string {
  const { id, key } = users[as]
  return (
    `<ns1:AuthenticationHeader><mktowsUserId>${id}</mktowsUserId>` +
    `<requestSignature>${signatureOf(timestamp, id, key)}</requestSignature>` +
    `<requestTimestamp>${timestamp}</requestTimestamp></ns1:AuthenticationHeader>`
  )
}

/** A syncLead call. `record` is what stands inside leadRecord, `rest` what stands behind it. */
export function aSyncLead(record: string, rest = '<returnLead>false</returnLead>', traits: HeaderTraits = {}): string {
  return aMessage(`<ns1:paramsSyncLead><leadRecord>${record}</leadRecord>${rest}</ns1:paramsSyncLead>`, traits)
}

export function aGetLead(keyType: string, keyValue: string, traits: HeaderTraits = {}): string {
  const key = `<keyType>${keyType}</keyType><keyValue>${keyValue}</keyValue>`
  return aMessage(`<ns1:paramsGetLead><leadKey>${key}</leadKey></ns1:paramsGetLead>`, traits)
}

/** A leadAttributeList with these names and values, in their order. */
export function someAttributes(...attributes: readonly (readonly [string, string])[]): string {
  const list = attributes.map(
    ([name, value]) => `<attribute><attrName>${name}</attrName><attrValue>${value}</attrValue></attribute>`,
  )
  return `<leadAttributeList>${list.join('')}</leadAttributeList>`
}

/** The result of a call that must have succeeded. */
export function resultOf({ body, fault }: Reading): Tree {
  if (fault !== null) throw new Error(`expected a result, got the fault ${fault.message}`)
  const [success] = Object.entries(body).flatMap(([name, tree]) => (name.startsWith('success') ? [tree] : []))
  return success!.result!
}

/** Attributes of a record as pairs of name and value; one alone is no list to the parser. */
export function attributesIn(record: Tree | undefined): readonly (readonly [string, string])[] {
  const given = (record?.leadAttributeList?.attribute ?? []) as unknown
  const list = (Array.isArray(given) ? given : [given]) as readonly { attrName: string; attrValue: string }[]
  return list.map(({ attrName, attrValue }) => [attrName, attrValue])
}

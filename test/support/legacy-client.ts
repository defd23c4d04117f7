// A legacy client over plain HTTP: it signs, writes envelopes, keeps its one connection, and tells no answer from a
// fault. It shares no code with the server, so that both cannot be wrong in the same way; it must not know any test.
import { createHmac } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { XMLParser } from 'fast-xml-parser'
import { eventually, type Patience } from './eventually.js'

export interface LegacyAccount {
  /** Scheme, host and port of the server. */
  readonly url: string
  readonly user: string
  readonly key: string
  /** For the few calls that only the JSON face has. */
  readonly apiKey: string
}

/** What goes into a leadRecord and beside it; what is absent is not sent. */
export interface LeadToSync {
  readonly id?: number
  readonly email?: string
  readonly foreignId?: string
  readonly cookie?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly returnLead?: boolean
}

export interface Lead {
  readonly id: number
  readonly email: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface Synced {
  readonly leadId: number
  readonly status: string
  /** Null unless `returnLead` asked for it. */
  readonly lead: Lead | null
}

export interface JsonAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

export interface RequestedCampaign {
  readonly program: string
  readonly name: string
  readonly tokens: Readonly<Record<string, string>>
}

/** The server said no. */
export class LegacyFault extends Error {
  override readonly name = 'LegacyFault'
  constructor(
    readonly code: string,
    readonly text: string,
  ) {
    super(`${code}: ${text}`)
  }
}

/** No answer came: nobody knows whether the call was carried out. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
}

export interface LegacyClient {
  /** Rejects with LegacyFault or Unanswered. */
  syncLead(lead: LeadToSync): Promise<Synced>
  /** Rejects with LegacyFault or Unanswered. */
  getLead(keyType: string, keyValue: string): Promise<readonly Lead[]>
  /** People by their ids. Rejects with LegacyFault or Unanswered. */
  mergeLeads(winner: number, loser: number): Promise<void>
  /** One person onto or off a list, which is named with its program. Rejects with LegacyFault or Unanswered. */
  listOperation(operation: 'ADDTOLIST' | 'REMOVEFROMLIST', list: string, id: number): Promise<void>
  /** The first row is the header. Answered once it is taken. Rejects with LegacyFault or Unanswered. */
  importToList(list: { readonly program: string; readonly name: string }, rows: readonly string[]): Promise<void>
  /** On the person saved last of an address. Rejects with LegacyFault or Unanswered. */
  requestCampaign(campaign: RequestedCampaign, email: string): Promise<void>
  /** Rejects with Unanswered; whatever else comes is an answer. */
  json(method: string, path: string, body?: object, idempotencyKey?: string): Promise<JsonAnswer>
  close(): void
}

export const mktowsNamespace = 'http://www.marketo.com/mktows/'
export const legacyPath = '/soap/mktows/3_1'

export function legacyClient(account: LegacyAccount): LegacyClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const call = async (body: string): Promise<ReplyBody> => {
    const headers = { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: '""' }
    const message = envelope(authenticationHeader(account), body)
    return readReply(await exchange(account.url + legacyPath, 'POST', headers, message, agent))
  }
  return {
    async syncLead(lead) {
      const { successSyncLead } = await call(paramsSyncLead(lead))
      const { leadId, syncStatus, leadRecord } = expected(successSyncLead).result
      return {
        leadId: Number(leadId),
        status: syncStatus.status,
        lead: lead.returnLead === true ? readLead(leadRecord[0]) : null,
      }
    },
    async getLead(keyType, keyValue) {
      const { successGetLead } = await call(paramsGetLead(keyType, keyValue))
      return expected(successGetLead).result.leadRecordList.leadRecord.map(readLead)
    },
    async mergeLeads(winner, loser) {
      const { successMergeLeads } = await call(paramsMergeLeads(winner, loser))
      expected(successMergeLeads)
    },
    async listOperation(operation, list, id) {
      const { successListOperation } = await call(paramsListOperation(operation, list, id))
      expected(successListOperation)
    },
    async importToList(list, rows) {
      const { successImportToList } = await call(paramsImportToList(list, rows))
      expected(successImportToList)
    },
    async requestCampaign(campaign, email) {
      const { successRequestCampaign } = await call(paramsRequestCampaign(campaign, email))
      expected(successRequestCampaign)
    },
    async json(method, path, body, idempotencyKey) {
      const headers = {
        Authorization: `Bearer ${account.apiKey}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
      }
      const text = body === undefined ? '' : JSON.stringify(body)
      const answered = await exchange(account.url + path, method, headers, text, agent)
      return {
        status: answered.status,
        headers: answered.headers,
        body: answered.text === '' ? {} : JSON.parse(answered.text),
      }
    },
    close: () => agent.destroy(),
  }
}

/** Makes the call again and again until something answers it, as a client with a retry loop does. */
export async function untilAnswered<T>(call: () => Promise<T>, patience: Patience): Promise<T> {
  const answered = await eventually(
    () =>
      call().then(
        value => ({ value }),
        cause => {
          if (cause instanceof Unanswered) throw cause
          return { cause }
        },
      ),
    patience,
  )
  if ('cause' in answered) throw answered.cause
  return answered.value
}

/** The header block that names the caller, signed at `timestamp`; `key` may be a wrong one. */
export function authenticationHeader(
  { user, key }: Pick<LegacyAccount, 'user' | 'key'>,
  timestamp = new Date().toISOString(),
): string {
  const signature = createHmac('sha1', key)
    .update(timestamp + user)
    .digest('hex')
  return (
    `<ns1:AuthenticationHeader><mktowsUserId>${user}</mktowsUserId><requestSignature>${signature}</requestSignature>` +
    `<requestTimestamp>${timestamp}</requestTimestamp></ns1:AuthenticationHeader>`
  )
}

export function envelope(header: string, body: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns1="${mktowsNamespace}">` +
    `<soap:Header>${header}</soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`
  )
}

export function paramsSyncLead(lead: LeadToSync): string {
  const { id, email, foreignId, cookie, attributes = {}, returnLead = false } = lead
  const list = Object.entries(attributes).map(
    ([name, value]) => `<attribute>${element('attrName', name)}${element('attrValue', value)}</attribute>`,
  )
  const record = [
    element('Id', id),
    element('Email', email),
    element('ForeignSysPersonId', foreignId),
    foreignId === undefined ? '' : element('ForeignSysType', 'CUSTOM'),
    list.length === 0 ? '' : `<leadAttributeList>${list.join('')}</leadAttributeList>`,
  ]
  return (
    `<ns1:paramsSyncLead><leadRecord>${record.join('')}</leadRecord>${element('returnLead', returnLead)}` +
    `${element('marketoCookie', cookie)}</ns1:paramsSyncLead>`
  )
}

export function paramsGetLead(keyType: string, keyValue: string): string {
  const key = element('keyType', keyType) + element('keyValue', keyValue)
  return `<ns1:paramsGetLead><leadKey>${key}</leadKey></ns1:paramsGetLead>`
}

function paramsMergeLeads(winner: number, loser: number): string {
  const key = (id: number): string =>
    `<attribute>${element('attrName', 'IDNUM')}${element('attrValue', id)}</attribute>`
  return (
    `<ns1:paramsMergeLeads><winningLeadKeyList>${key(winner)}</winningLeadKeyList>` +
    `<losingLeadKeyLists><keyList>${key(loser)}</keyList></losingLeadKeyLists></ns1:paramsMergeLeads>`
  )
}

const leadKey = (keyType: string, keyValue: string | number): string =>
  `<leadKey>${element('keyType', keyType)}${element('keyValue', keyValue)}</leadKey>`

function paramsListOperation(operation: string, list: string, id: number): string {
  const listKey = element('keyType', 'MKTOLISTNAME') + element('keyValue', list)
  return (
    `<ns1:paramsListOperation>${element('listOperation', operation)}<listKey>${listKey}</listKey>` +
    `<listMemberList>${leadKey('IDNUM', id)}</listMemberList><strict>true</strict></ns1:paramsListOperation>`
  )
}

function paramsImportToList(
  { program, name }: { readonly program: string; readonly name: string },
  [header = '', ...rows]: readonly string[],
): string {
  const items = rows.map(row => element('stringItem', row)).join('')
  return (
    `<ns1:paramsImportToList>${element('programName', program)}${element('importFileHeader', header)}` +
    `<importFileRows>${items}</importFileRows><importListMode>UPSERTLEADS</importListMode>` +
    `${element('listName', name)}<clearList>false</clearList></ns1:paramsImportToList>`
  )
}

function paramsRequestCampaign({ program, name, tokens }: RequestedCampaign, email: string): string {
  const attributes = Object.entries(tokens).map(
    ([token, value]) => `<attrib>${element('name', `{{${token}}}`)}${element('value', value)}</attrib>`,
  )
  return (
    `<ns1:paramsRequestCampaign><source>MKTOWS</source><leadList>${leadKey('EMAIL', email)}</leadList>` +
    `${element('programName', program)}${element('campaignName', name)}` +
    `<programTokenList>${attributes.join('')}</programTokenList></ns1:paramsRequestCampaign>`
  )
}

function element(name: string, value: string | number | boolean | undefined): string {
  if (value === undefined) return ''
  return `<${name}>${String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`
}

interface Exchanged {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

function exchange(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  agent: Agent,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(new Unanswered(`${method} ${url}: ${cause.message}`, { cause }))
    const length = { 'Content-Length': String(Buffer.byteLength(body)) }
    const outgoing = request(url, { method, headers: { ...headers, ...length }, agent }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (response.complete) resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        else fail(new Error('the answer was cut off'))
      })
    })
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

/** What stands in the Body of a reply, as far as this client looks into it; every value is a text. */
interface ReplyBody {
  readonly successSyncLead?: {
    readonly result: {
      readonly leadId: string
      readonly syncStatus: { readonly status: string }
      readonly leadRecord: readonly RecordElement[]
    }
  }
  readonly successGetLead?: {
    readonly result: { readonly leadRecordList: { readonly leadRecord: readonly RecordElement[] } }
  }
  readonly successMergeLeads?: object
  readonly successListOperation?: object
  readonly successImportToList?: object
  readonly successRequestCampaign?: object
  readonly Fault?: {
    readonly detail: { readonly serviceException: { readonly code: string; readonly message: string } }
  }
}

interface RecordElement {
  readonly Id: string
  readonly Email: string
  readonly leadAttributeList?: {
    readonly attribute?: readonly { readonly attrName: string; readonly attrValue: string }[]
  }
}

const repeated = new Set(['leadRecord', 'attribute'])
const parser = new XMLParser({
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  isArray: name => repeated.has(name),
})

/** The body of a reply. Throws LegacyFault where it is a fault. */
function readReply({ status, text }: Exchanged): ReplyBody {
  const body: ReplyBody | undefined = parser.parse(text).Envelope?.Body
  if (body === undefined) throw new Error(`expected a SOAP reply, got HTTP ${status}: ${text.slice(0, 200)}`)
  if (body.Fault === undefined) return body
  const { code, message } = body.Fault.detail.serviceException
  throw new LegacyFault(code, message)
}

function expected<T>(reply: T | undefined): T {
  if (reply === undefined) throw new Error('expected the reply of the operation that was called, got another one')
  return reply
}

function readLead(record: RecordElement | undefined): Lead {
  const { Id, Email, leadAttributeList } = expected(record)
  const attributes = (leadAttributeList?.attribute ?? []).map(({ attrName, attrValue }) => [attrName, attrValue])
  return { id: Number(Id), email: Email, attributes: Object.fromEntries(attributes) }
}

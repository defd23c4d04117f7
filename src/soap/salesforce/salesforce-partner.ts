// Calls to Salesforce's Partner SOAP API with npm soap's client. It knows that wire and its oddities; what is written,
// and what becomes of a refusal, is not decided here.

import type { Client } from 'soap'
import type { SalesforceObject } from '../../domain/salesforce-record.js'
import {
  CallRefused,
  type RemotePage,
  type RemoteRecord,
  RemoteUnreachable,
  type RemoteWriteResult,
  type SalesforceRemote,
} from '../../service/salesforce/remote.js'
import type { SalesforceSession, Sessions } from './salesforce-session.js'

export interface PartnerOptions {
  readonly wsdlPath: string
  readonly sessions: Sessions
  /** Such as 64.0. */
  readonly apiVersion: string
  readonly timeoutMs: number
}

/** Email Opt Out, of Lead and Contact. */
const optOutField = 'HasOptedOutOfEmail'
const namespace = 'urn:partner.soap.sforce.com'
// What Salesforce gives at most at once; a page of our four fields is well below the bound of an answer.
const recordsPerPage = 2_000
const answerBytesMax = 16 * 1024 * 1024
const messageLengthMax = 500
const sessionOver = 'INVALID_SESSION_ID'

export function createSalesforceRemote(options: PartnerOptions): SalesforceRemote {
  const { sessions } = options
  const call = caller(options)

  const page = async (operation: string, args: object, objectType: SalesforceObject): Promise<RemotePage> => {
    const { result } = await call(operation, args, { QueryOptions: { batchSize: recordsPerPage } })
    const { done, queryLocator, records, size } = part(result, 'result')
    if (done !== true && typeof queryLocator !== 'string')
      throw new RemoteUnreachable('expected done or a queryLocator in the answer, got neither')
    return {
      records: listOf(records).map(record => readRecord(record, objectType)),
      size: Number(size),
      more: done === true ? null : (queryLocator as string),
    }
  }

  return {
    orgId: async () => (await sessions.current()).orgId,
    async write(writes) {
      // In the order of the schema: type, then Id, then fields.
      const sObjects = writes.map(({ objectType: type, recordId: Id, optedOut }) => ({
        ...{ type, Id },
        [optOutField]: optedOut,
      }))
      const { result } = await call('update', { sObjects }, { AllOrNoneHeader: { allOrNone: false } })
      const results = listOf(result)
      if (results.length !== writes.length)
        throw new RemoteUnreachable(`expected ${writes.length} results, got ${results.length}`)
      return results.map(readSaveResult)
    },
    firstPage(objectType, afterId) {
      const behind = afterId === null ? '' : ` AND Id > '${checkedId(afterId)}'`
      const fields = `Id, Email, ${optOutField}, LastModifiedDate`
      const queryString = `SELECT ${fields} FROM ${objectType} WHERE Email != null${behind} ORDER BY Id`
      return page('query', { queryString }, objectType)
    },
    nextPage: (objectType, more) => page('queryMore', { queryLocator: more }, objectType),
  }
}

type Call = (operation: string, args: object, header: object) => Promise<Readonly<Record<string, unknown>>>

function caller({ wsdlPath, sessions, apiVersion, timeoutMs }: PartnerOptions): Call {
  let client: Promise<Client> | null = null

  const callOnce = async (
    session: SalesforceSession,
    ...[operation, args, header]: Parameters<Call>
  ): Promise<Readonly<Record<string, unknown>>> => {
    client ??= openClient(wsdlPath)
    const ready = await client
    ready.setEndpoint(`${session.instanceUrl}/services/Soap/u/${apiVersion}`)
    ready.clearSoapHeaders()
    for (const [name, value] of Object.entries({ SessionHeader: { sessionId: session.sessionId }, ...header }))
      ready.addSoapHeader({ [name]: value }, '', 'tns', namespace)
    const bounds = { signal: AbortSignal.timeout(timeoutMs), maxRedirects: 0, maxContentLength: answerBytesMax }
    try {
      const [answer] = await ready[`${operation}Async`](args, bounds)
      return part(answer, `${operation}Response`)
    } catch (cause) {
      throw failureOf(cause, timeoutMs)
    }
  }

  const carryOut: Call = async (...call) => {
    const session = await sessions.current()
    try {
      return await callOnce(session, ...call)
    } catch (cause) {
      if (!(cause instanceof CallRefused && cause.code === sessionOver)) throw cause
      sessions.drop(session)
    }
    // Once: a token that is refused as soon as it is given will not be better the next time.
    return callOnce(await sessions.current(), ...call)
  }

  // npm soap's client keeps headers and endpoint between calls, so that two calls at a time would mix them up.
  let last: Promise<unknown> = Promise.resolve()
  return (...call) => {
    const mine = last.then(() => carryOut(...call))
    last = mine.catch(() => {})
    return mine
  }
}

// Loaded with the first call, since most servers make none and it takes its 30 MiB for as long as they run.
async function openClient(wsdlPath: string): Promise<Client> {
  const { createClientAsync } = await import('soap')
  return createClientAsync(wsdlPath)
}

function failureOf(cause: unknown, timeoutMs: number): Error {
  if (cause instanceof RemoteUnreachable) return cause
  const { root, response, name, message } = cause as {
    root?: { Envelope?: { Body?: { Fault?: { faultcode?: unknown; faultstring?: unknown } } } }
    response?: { status?: number }
    name: string
    message: string
  }
  const fault = root?.Envelope?.Body?.Fault
  // sf:INVALID_SESSION_ID; the code stands in the detail too, of which not every fault has one.
  if (fault !== undefined) {
    const code = String(fault.faultcode).replace(/^.*:/, '')
    return new CallRefused(code, String(fault.faultstring).slice(0, messageLengthMax))
  }
  // The cause itself stays here: what the client throws holds the session id.
  if (name === 'CanceledError') return new RemoteUnreachable(`no answer within ${timeoutMs} ms`)
  const status = response?.status === undefined ? '' : ` (status ${response.status})`
  return new RemoteUnreachable(`no answer that can be read${status}: ${message}`)
}

function readSaveResult(result: unknown): RemoteWriteResult {
  const { success, errors } = part(result, 'result')
  if (success === true) return { type: 'written' }
  const [first] = listOf(errors)
  const { statusCode, message } = part(first ?? {}, 'errors')
  return {
    type: 'refused',
    code: String(statusCode ?? 'UNKNOWN_EXCEPTION'),
    message: String(message ?? '').slice(0, messageLengthMax),
  }
}

function readRecord(record: unknown, objectType: SalesforceObject): RemoteRecord {
  const { Id, Email, LastModifiedDate, [optOutField]: flag } = part(record, 'records')
  // The id comes twice: as that of the sObject, and as a field that was asked for.
  const [recordId] = listOf(Id)
  const lastModified = Date.parse(String(LastModifiedDate))
  if (typeof recordId !== 'string' || !/^(true|false)$/.test(String(flag)) || Number.isNaN(lastModified))
    throw new RemoteUnreachable(`expected Id, ${optOutField} and LastModifiedDate in each record, got something else`)
  return {
    ...{ objectType, recordId: checkedId(recordId), lastModified },
    email: typeof Email === 'string' && Email !== '' ? Email : null,
    optedOut: String(flag) === 'true',
  }
}

function checkedId(id: string): string {
  if (/^[0-9A-Za-z]{18}$/.test(id)) return id
  throw new RemoteUnreachable(`expected an id of 18 letters and digits, got ${id.length} characters`)
}

// One element is given as itself, several as a list, none not at all.
const listOf = (given: unknown): readonly unknown[] =>
  given === undefined || given === null ? [] : Array.isArray(given) ? given : [given]

function part(given: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null) return given as Record<string, unknown>
  throw new RemoteUnreachable(`expected ${name} in the answer of Salesforce, got nothing`)
}

// `call`: one signed call to a SOAP endpoint with npm soap's client, as an integration would make it. Meant for the
// first five minutes and for finding out what a server says.

import { createClientAsync } from 'soap'
import { OperatorError } from './operator-error.js'
import { signatureOf } from './soap/authenticate.js'

export interface CallOptions {
  readonly url: string
  readonly user: string
  readonly key: string
  readonly operation: string
  readonly params: object
  readonly timeoutMs: number
}

export type CallResult =
  | { readonly type: 'reply'; readonly reply: unknown; readonly request: string; readonly response: string }
  | { readonly type: 'fault'; readonly text: string; readonly request: string; readonly response: string }

/** Throws where no SOAP answer came at all: no server, another server, not a WSDL. */
export async function call({ url, user, key, operation, params, timeoutMs }: CallOptions): Promise<CallResult> {
  const endpoint = url.replace(/\?.*$/, '')
  if (!/^https?:\/\//.test(endpoint)) throw new OperatorError(`--url: expected http:// or https://, got '${url}'`)
  const options = { endpoint, wsdl_options: { timeout: timeoutMs } }
  const client = await createClientAsync(`${endpoint}?WSDL`, options).catch((cause: unknown) => {
    const said = (cause as Error).message.replace(/\s+/g, ' ').trim().slice(0, 300)
    throw new OperatorError(`no WSDL could be read from ${endpoint}?WSDL: ${said}`, { cause })
  })
  const method: unknown = client[`${operation}Async`]
  if (typeof method !== 'function') {
    const known = Object.keys(client).filter(name => typeof client[`${name}Async`] === 'function')
    throw new OperatorError(
      `the WSDL at ${endpoint} has no operation '${operation}'; it has ${known.sort().join(', ')}`,
    )
  }
  client.addSoapHeader(signedHeader(user, key, new Date()))
  try {
    const [reply] = await method.call(client, params, { timeout: timeoutMs })
    return { type: 'reply', reply, ...envelopes(client) }
  } catch (cause) {
    const fault = (cause as { root?: { Envelope?: { Body?: { Fault?: unknown } } } }).root?.Envelope?.Body?.Fault
    if (fault === undefined) throw cause
    return { type: 'fault', text: faultText(fault), ...envelopes(client) }
  }
}

function envelopes(client: { lastRequest?: string; lastResponse?: unknown }): { request: string; response: string } {
  return { request: client.lastRequest ?? '', response: String(client.lastResponse ?? '') }
}

function signedHeader(user: string, key: string, now: Date): string {
  const timestamp = now.toISOString().replace(/\.\d+Z$/, '+00:00')
  const signature = signatureOf(timestamp, user, key)
  return [
    '<tns:AuthenticationHeader>',
    `<mktowsUserId>${escapeXml(user)}</mktowsUserId>`,
    `<requestSignature>${signature}</requestSignature>`,
    `<requestTimestamp>${timestamp}</requestTimestamp>`,
    '</tns:AuthenticationHeader>',
  ].join('')
}

function faultText(fault: unknown): string {
  const { faultstring, detail } = fault as {
    faultstring?: unknown
    detail?: { serviceException?: { message?: unknown } }
  }
  const message = detail?.serviceException?.message
  return message === undefined ? String(faultstring) : `${String(faultstring)}: ${String(message)}`
}

const escapeXml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** What `call syncLead` and `call getLead` take in place of the whole message. */
export interface LeadOptions {
  readonly id?: string
  readonly email?: string
  readonly foreignId?: string
  readonly foreignType?: string
  readonly cookie?: string
  readonly set: readonly string[]
  readonly returnLead: boolean
}

/** `NAME=VALUE` each; throws on anything else. */
export function syncLeadParams(options: LeadOptions): object {
  const attribute = options.set.map(pair => {
    const at = pair.indexOf('=')
    if (at < 1) throw new OperatorError(`--set: expected NAME=VALUE, got '${pair}'`)
    return { attrName: pair.slice(0, at), attrValue: pair.slice(at + 1) }
  })
  const { id, email, foreignId, foreignType, cookie, returnLead } = options
  return {
    leadRecord: {
      ...(id === undefined ? {} : { Id: id }),
      ...(email === undefined ? {} : { Email: email }),
      ...(foreignId === undefined ? {} : { ForeignSysPersonId: foreignId, ForeignSysType: foreignType ?? 'CUSTOM' }),
      ...(attribute.length === 0 ? {} : { leadAttributeList: { attribute } }),
    },
    returnLead,
    ...(cookie === undefined ? {} : { marketoCookie: cookie }),
  }
}

export function getLeadParams({ id, email, cookie }: LeadOptions): object {
  const [keyType, keyValue] =
    id !== undefined ? ['IDNUM', id] : email !== undefined ? ['EMAIL', email] : ['COOKIE', cookie]
  if (keyValue === undefined) throw new OperatorError('getLead: expected --id, --email or --cookie')
  return { leadKey: { keyType, keyValue } }
}

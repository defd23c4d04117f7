// Who we are to Salesforce: an OAuth access token that is used as session id, by client credentials of a connected
// app or given as it is. SOAP login() is not used: new organisations have it off, and it ends in 2027.

import { salesforceIdForms } from '../../domain/salesforce-id.js'
import { CallRefused, RemoteUnreachable } from '../../service/salesforce/remote.js'

export type SalesforceLogin =
  | {
      readonly type: 'client-credentials'
      readonly loginUrl: string
      readonly clientId: string
      readonly clientSecret: string
    }
  | { readonly type: 'token'; readonly instanceUrl: string; readonly accessToken: string }

export interface SalesforceSession {
  readonly sessionId: string
  readonly instanceUrl: string
  /** 18 characters. */
  readonly orgId: string
}

export interface Sessions {
  /** Throws CallRefused and RemoteUnreachable. */
  current(): Promise<SalesforceSession>
  /** This one is over: the next is a new one, where there can be one. */
  drop(session: SalesforceSession): void
}

const answerBytesMax = 64 * 1024

export function createSessions(login: SalesforceLogin, timeoutMs: number): Sessions {
  let session: SalesforceSession | null = null
  let asked: Promise<SalesforceSession> | null = null
  return {
    async current() {
      if (session !== null) return session
      // Whoever asks while one is on its way gets that one; a failure is not kept.
      asked ??= ask(login, timeoutMs).finally(() => {
        asked = null
      })
      session = await asked
      return session
    },
    drop(over) {
      if (session?.sessionId === over.sessionId) session = null
    },
  }
}

async function ask(login: SalesforceLogin, timeoutMs: number): Promise<SalesforceSession> {
  switch (login.type) {
    case 'token': {
      const { accessToken: sessionId, instanceUrl } = login
      // A session id begins with the organisation that it is good for.
      return { sessionId, instanceUrl, orgId: fullId(sessionId.split('!')[0] ?? '', 'the access token') }
    }
    case 'client-credentials':
      return askForToken(login, timeoutMs)
    default:
      return login satisfies never
  }
}

async function askForToken(
  { loginUrl, clientId, clientSecret }: SalesforceLogin & { readonly type: 'client-credentials' },
  timeoutMs: number,
): Promise<SalesforceSession> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const { status, text } = await post(`${loginUrl}/services/oauth2/token`, new URLSearchParams(form), timeoutMs)
  const answer = objectIn(text)
  if (status >= 400 && status < 500 && typeof answer.error === 'string')
    throw new CallRefused(answer.error, `no access token: ${String(answer.error_description ?? answer.error)}`)
  const { access_token: sessionId, instance_url: instanceUrl, id } = answer
  if (typeof sessionId !== 'string' || typeof instanceUrl !== 'string' || typeof id !== 'string')
    throw new RemoteUnreachable(`expected an access token, got an answer without one (status ${status})`)
  refuseOpenConnection(instanceUrl)
  // https://login.salesforce.com/id/<organisation>/<user>
  const [, orgId = ''] = /\/id\/(\w+)\/\w+$/.exec(id) ?? []
  return { sessionId, instanceUrl: instanceUrl.replace(/\/$/, ''), orgId: fullId(orgId, 'the identity URL') }
}

async function post(
  url: string,
  body: URLSearchParams,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    // A redirect would carry the secret to somewhere else.
    const answer = await fetch(url, { method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (text.length > answerBytesMax) throw new Error(`the answer is longer than ${answerBytesMax} bytes`)
    }
    return { status: answer.status, text }
  } catch (cause) {
    const { message, cause: deeper } = cause as Error
    const why = deeper instanceof Error ? deeper.message : message
    throw new RemoteUnreachable(`no access token from ${url}: ${why}`, { cause })
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    // What is not JSON holds no token; the caller says so.
    return {}
  }
}

function fullId(id: string, where: string): string {
  const full = salesforceIdForms(id).find(form => form.length === 18)
  if (full?.startsWith('00D')) return full
  throw new CallRefused('NO_ORGANISATION', `${where}: expected the id of an organisation (00D...) in it`)
}

/** Throws where a token would go over the network in the open. */
export function refuseOpenConnection(url: string): void {
  const { protocol, hostname } = new URL(url)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere))
    throw new CallRefused('OPEN_CONNECTION', `expected an instance URL that begins with https://, got ${protocol}//`)
}

// What is kept of a SOAP call of somebody who is traced: both envelopes, redacted, with what stood around them. Knows
// what an endpoint knows of a call; must not know where it is kept.

import type { AddressKey } from '../../domain/address.js'
import { createRedaction, type Redaction } from '../../service/traces/redaction.js'
import { type TracedCall, tracedTextMax } from '../../service/traces/traces.js'
import type { EnvelopeWords } from './envelope-words.js'
import { isWord, redactEnvelope } from './redact-envelope.js'

/** The headers of a request that say something of its client. */
export interface ClientHeaders {
  readonly contentType?: string | undefined
  readonly soapAction?: string | undefined
  readonly userAgent?: string | undefined
}

export interface CallToTrace {
  readonly caller: string
  readonly isProven: boolean
  readonly at: number
  readonly ms: number
  readonly requestId: string
  /** Path that it came to. */
  readonly path: string
  readonly headers: ClientHeaders
  readonly body: Uint8Array
  /** The message as text, where its charset could be read. */
  readonly text: string | undefined
  /** It was read to its end. */
  readonly isWellFormed: boolean
  readonly operation: string | null
  readonly status: number
  readonly faultCode: string | null
  readonly reply: { readonly contentType: string; readonly body: string }
}

export function traceOf(call: CallToTrace, words: EnvelopeWords, hash: (key: AddressKey) => string): TracedCall {
  const { caller, isProven, at, ms, requestId, path, headers, body, isWellFormed, operation, status, reply } = call
  const redaction = createRedaction(hash)
  const rules = { words, redaction, caller, lengthMax: tracedTextMax }
  // The request comes first: what was taken out of it must not come back in the fault.
  const sent = call.text ?? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  const text = redactEnvelope(sent, { ...rules, isWellFormed, isReply: false })
  const replied = redactEnvelope(reply.body, { ...rules, isWellFormed: true, isReply: true })
  return {
    ...{ at, ms, requestId, isProven, operation, status },
    target: `POST ${path}`,
    fault: call.faultCode,
    request: { headers: clientHeaders(headers, words, redaction), bytes: body.byteLength, text },
    reply: {
      headers: [['Content-Type', reply.contentType]],
      bytes: Buffer.byteLength(reply.body),
      text: replied,
    },
  }
}

const headerLengthMax = 300
const mediaType = /^(?:text|application|multipart)\/[\w.+-]{1,40}/i
const charset = /;\s*charset\s*=\s*["']?([\w-]{1,20})["']?/i
const charsets = /^(?:utf-?8|utf-?16(?:le|be)?|us-ascii|iso-8859-\d{1,2}|windows-125\d|latin1)$/i

function clientHeaders(
  { contentType, soapAction, userAgent }: ClientHeaders,
  words: EnvelopeWords,
  redaction: Redaction,
): TracedCall['request']['headers'] {
  const all: [string, string][] = []
  if (contentType !== undefined) all.push(['Content-Type', shownType(contentType, redaction)])
  if (soapAction !== undefined) all.push(['SOAPAction', shownAction(soapAction, words, redaction)])
  if (userAgent !== undefined) {
    const isPlain = userAgent.length <= headerLengthMax && /^[\w .,;:()/+-]*$/.test(userAgent)
    all.push(['User-Agent', isPlain ? redaction.sentence(userAgent, () => false) : redaction.value(userAgent)])
  }
  return all
}

function shownType(value: string, redaction: Redaction): string {
  const [type] = mediaType.exec(value) ?? []
  const [, named] = charset.exec(value) ?? []
  if (type === undefined) return redaction.value(value)
  const shown = named === undefined ? type : `${type}; charset=${charsets.test(named) ? named : redaction.value(named)}`
  // Whatever else stands there is told by its length; an action is in it where SOAP 1.2 is spoken.
  const rest = value.length - shown.length
  return rest > 2 ? `${shown} [and ${rest} characters]` : shown
}

// The name of an operation, alone or behind a namespace of the contract.
function shownAction(value: string, words: EnvelopeWords, redaction: Redaction): string {
  const bare = value.replace(/^"(.*)"$/, '$1')
  const name = bare.slice(Math.max(bare.lastIndexOf('/'), bare.lastIndexOf('#')) + 1)
  const place = bare.slice(0, bare.length - name.length)
  const isOurs = place === '' || words.namespaces.has(place) || words.namespaces.has(place.replace(/[/#]$/, ''))
  const isOperation =
    name === '' || isWord(name, words) || words.names.has(`params${name[0]!.toUpperCase()}${name.slice(1)}`)
  return isOurs && isOperation ? value : redaction.value(value)
}

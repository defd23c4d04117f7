// One SOAP call from bytes to reply, without sockets. The numbered steps are the order in which a call is judged: what
// is no message first, then who sent it, then what it asks; so a stranger learns only about the form of messages.

import { performance } from 'node:perf_hooks'
import type { CallLimiter } from '../service/access/call-limits.js'
import type { Caller } from '../service/access/credentials.js'
import type { FailedAttempts } from '../service/access/failed-attempts.js'
import type { Face, Service } from '../service/service.js'
import {
  authenticationFault,
  defectFault,
  findingsFault,
  limitFault,
  notUnderstoodFault,
  refusedEnvelopeFault,
  thrownFault,
  tooManyFailuresFault,
  unknownOperationFault,
} from './answer-fault.js'
import { authenticate, Signatures } from './authenticate.js'
import { callOf } from './call.js'
import type { EnvelopeReading } from './codec/codec-envelope-decode.js'
import type { SoapVersion } from './codec/codec-namespaces.js'
import { decodeMessageText } from './codec/message-text.js'
import { faultText } from './fault-text.js'
import type { Answered, Fault } from './faults.js'
import type { HeaderBlocks } from './messages/messages.js'
import { findOperation } from './operations/operations.js'
import type { CallToTrace, ClientHeaders } from './traces/trace-call.js'
import type { Contract } from './wsdl/contracts.js'

export interface EndpointRequest extends ClientHeaders {
  readonly body: Uint8Array
  readonly path?: string | undefined
  readonly requestId: string
  /** Address of who calls. */
  readonly place?: string | undefined
}

export interface EndpointReply {
  /** 200, or 500 for every fault: some clients look at nothing else. */
  readonly status: 200 | 500
  readonly headers: { readonly 'Content-Type': string }
  readonly body: string
  /** Null where it was not to be found out. */
  readonly operation: string | null
  /** Digits of the fault's code; null for a reply. */
  readonly faultCode: string | null
}

/** Who watches. Names that callers make up come only in `unknownElements`. */
export interface CallObserver {
  called(facts: CallFacts): void
  /** A signature that does not fit, with what the caller is not told. */
  refused(who: { readonly userId: string; readonly isKnown: boolean }, requestId: string): void
  /** Something that is our fault; the caller got 10001 and the request id. */
  defect(cause: unknown, requestId: string): void
}

export interface CallFacts {
  readonly operation: string | null
  readonly faultCode: string | null
  readonly ms: number
  readonly requestId: string
  /** Local names of elements that the contract does not have; they were passed over. */
  readonly unknownElements: readonly string[]
}

/** Who keeps the calls of some callers for support. */
export interface CallTracer {
  /** Whether there is anybody whose calls are kept. */
  readonly isOn: boolean
  /** Told of each call while it is on; an unreadable one has no caller, and may name one. */
  answered(contract: Contract, call: Omit<CallToTrace, 'caller'> & { readonly caller: string | null }): void
}

export interface EndpointOptions {
  readonly service: Pick<Service, 'writes' | 'reads' | 'fields' | 'credentials' | 'lists' | 'flows' | 'jobs'>
  readonly face: Face
  readonly signatureWindowMs: number
  readonly now: () => number
  /** Counts the calls of a caller that proved who it is, and may refuse one. Absent: no limits. */
  readonly limiter?: Pick<CallLimiter, 'admit'> | undefined
  /** Slows down who guesses keys. Absent: nobody is slowed down. */
  readonly failedAttempts?: Pick<FailedAttempts, 'admits' | 'failed' | 'succeeded'> | undefined
  readonly observer: CallObserver
  readonly tracer?: CallTracer | undefined
}

type Options = EndpointOptions & { readonly signatures: Signatures }

export type Endpoint = (contract: Contract, request: EndpointRequest) => Promise<EndpointReply>

/** The reply to a call whose body never got here. */
export type AnswerUnread = (cause: unknown, requestId: string) => EndpointReply

export function createEndpoint(given: EndpointOptions): { readonly answer: Endpoint; readonly unread: AnswerUnread } {
  const options = { ...given, signatures: new Signatures() }
  return {
    answer: async (contract, request) => {
      const run = new EndpointRun(request.requestId, options)
      let answered: Answered<string>
      try {
        answered = await run.carryOut(contract, request)
      } catch (cause) {
        answered = faultAnswer(run.faultOf(cause))
      }
      const reply = run.finish(answered)
      if (options.tracer?.isOn === true) options.tracer.answered(contract, run.toTrace(request, reply))
      return reply
    },
    unread: (cause, requestId) => {
      const run = new EndpointRun(requestId, options)
      return run.finish(faultAnswer(run.faultOf(cause)))
    },
  }
}

type Content = Exclude<EnvelopeReading, { readonly type: 'refused' }>

/** What is found out on the way, and needed for the reply however the call ends. */
class EndpointRun {
  readonly #requestId: string
  readonly #options: Options
  readonly #startedAt = performance.now()
  #soapVersion: SoapVersion = '1.1'
  #operation: string | null = null
  #unknownElements: readonly string[] = []
  #messageText: string | undefined
  #isWellFormed = false
  #claimed: string | null = null
  #isProven = false

  constructor(requestId: string, options: Options) {
    this.#requestId = requestId
    this.#options = options
  }

  async carryOut(contract: Contract, request: EndpointRequest): Promise<Answered<string>> {
    // 1. The charset, then well-formed XML, then an envelope with one call in it.
    const { contentType } = request
    if (contentType !== undefined && /^\s*application\/soap\+xml\b/i.test(contentType)) this.#soapVersion = '1.2'
    const messageText = decodeMessageText(request.body, request.contentType)
    this.#messageText = messageText
    const reading = contract.decode(messageText)
    // A refusal comes before the end of the message was seen.
    this.#isWellFormed = reading.type !== 'refused'
    this.#soapVersion = reading.soapVersion ?? '1.1'
    if (reading.type === 'refused') return faultAnswer(refusedEnvelopeFault(reading))
    if (reading.unknown.length > 0) this.#unknownElements = reading.unknown.map(({ localName }) => localName)
    if (reading.type === 'request') this.#operation = reading.operation
    // 2. No header block that had to be understood and is not.
    if (reading.header.notUnderstood.length > 0) return faultAnswer(notUnderstoodFault(reading.header.notUnderstood))
    // 3. Who calls.
    const caller = await this.#authenticate(reading, request.place ?? '')
    if (caller.type === 'fault') return caller
    // 4. Not more than it may call.
    const admission = this.#options.limiter?.admit(caller.result.id)
    if (admission?.type === 'refused') return faultAnswer(limitFault(admission))
    try {
      return await this.#serve(contract, reading, messageText, caller.result)
    } finally {
      admission?.done()
    }
  }

  #serve(
    contract: Contract,
    reading: Content,
    messageText: string,
    caller: Caller,
  ): Answered<string> | Promise<Answered<string>> {
    // 5. An operation of the contract that is carried out, for this caller too.
    if (reading.type === 'unknownOperation') return faultAnswer(unknownOperationFault(reading.bodyElement))
    const operation = findOperation(reading.operation, caller.role)
    if (operation.type === 'fault') return operation
    // 6. Every value readable; all that are not are told at once.
    const findings = reading.findings.filter(({ path }) => !unreadHeaderParts.has(path))
    if (findings.length > 0) return faultAnswer(findingsFault(findings))
    // 7. The operation itself.
    const { service, face, now } = this.#options
    const call = callOf(reading, messageText, { caller, service, face, now })
    const { encode } = contract
    return operation.result.carryOut(reading.params, call, { encode, soapVersion: this.#soapVersion })
  }

  async #authenticate({ header }: Content, place: string): Promise<Answered<Caller>> {
    const { service, signatures, signatureWindowMs, now, failedAttempts } = this.#options
    const { authentication }: HeaderBlocks = header.blocks
    const { credentials } = service
    const attempt = { place, claim: authentication?.mktowsUserId ?? '' }
    this.#claimed = attempt.claim
    if (failedAttempts?.admits(attempt) === false) return faultAnswer(tooManyFailuresFault())
    const verdict = await authenticate(authentication, { credentials, signatures, signatureWindowMs, now })
    if (verdict.type === 'caller') {
      failedAttempts?.succeeded(attempt)
      this.#isProven = true
      return { type: 'result', result: verdict.caller }
    }
    if (verdict.type === 'refused') {
      this.#options.observer.refused(verdict, this.#requestId)
      await failedAttempts?.failed(attempt)
    }
    return faultAnswer(authenticationFault(verdict, { windowMs: signatureWindowMs, now: now() }))
  }

  /** Everything that can be thrown at a call has a fault; what nobody expected is a defect, and is reported as one. */
  faultOf(cause: unknown): Fault {
    const known = thrownFault(cause)
    if (known !== undefined) return known
    this.#options.observer.defect(cause, this.#requestId)
    return defectFault(this.#requestId)
  }

  toTrace(request: EndpointRequest, reply: EndpointReply): Parameters<CallTracer['answered']>[1] {
    const { body, path = '', contentType, soapAction, userAgent } = request
    return {
      ...{ caller: this.#claimed, isProven: this.#isProven, requestId: this.#requestId, path, body },
      ...{ at: this.#options.now(), ms: performance.now() - this.#startedAt },
      ...{ headers: { contentType, soapAction, userAgent }, text: this.#messageText },
      ...{ isWellFormed: this.#isWellFormed, operation: reply.operation, status: reply.status },
      ...{ faultCode: reply.faultCode, reply: { contentType: reply.headers['Content-Type'] ?? '', body: reply.body } },
    }
  }

  finish(answered: Answered<string>): EndpointReply {
    const operation = this.#operation
    const faultCode = answered.type === 'fault' ? answered.fault.code : null
    this.#options.observer.called({
      operation,
      faultCode,
      ms: performance.now() - this.#startedAt,
      requestId: this.#requestId,
      unknownElements: this.#unknownElements,
    })
    return {
      status: answered.type === 'fault' ? 500 : 200,
      headers: headersOf[this.#soapVersion],
      body: answered.type === 'fault' ? faultText(answered.fault, this.#soapVersion) : answered.result,
      operation,
      faultCode,
    }
  }
}

const headersOf: Readonly<Record<SoapVersion, EndpointReply['headers']>> = {
  '1.1': { 'Content-Type': 'text/xml; charset=utf-8' },
  '1.2': { 'Content-Type': 'application/soap+xml; charset=utf-8' },
}

// `mode` is for internal use, and nothing is done with it: whatever stands there is no reason to refuse a call.
const unreadHeaderParts = new Set(['AuthenticationHeader.mode'])

function faultAnswer(fault: Fault): { readonly type: 'fault'; readonly fault: Fault } {
  return { type: 'fault', fault }
}

// What the faces are given of the configuration, and what they share: bounds of bodies, and the guard that slows down
// who guesses keys, which counts an attempt wherever it is made.

import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Config } from './config.js'
import { salesforceIdForms } from './domain/salesforce-id.js'
import { type BodyLimits, defaultBodyLimits, readBody } from './http/body.js'
import { createBodyRoom } from './http/body-room.js'
import { clientAddress } from './http/client-address.js'
import type { Logger } from './http/logger.js'
import type { Metrics } from './http/metrics.js'
import { publicUrl } from './http/public-url.js'
import { requestIdOf } from './http/request-id.js'
import type { HttpServer } from './http/server.js'
import { defaultUploadLimits, type UploadLimits } from './http/upload.js'
import { refusalLog } from './observing.js'
import { packageRoot } from './package-root.js'
import type { CallLimiter } from './service/access/call-limits.js'
import { FailedAttempts } from './service/access/failed-attempts.js'
import type { InboxStore } from './service/salesforce/inbox.js'
import type { Service } from './service/service.js'
import { type CallTracer, createEndpoint } from './soap/endpoint.js'
import { createSoapRequestHandler, type SoapRequestHandler } from './soap/request-handler.js'
import { loadOutboundContract } from './soap/salesforce/outbound-endpoint.js'
import { createOutboundHandler } from './soap/salesforce/outbound-handler.js'
import { type Contracts, loadContracts } from './soap/wsdl/contracts.js'
import { loadWsdlModelsAside } from './soap/wsdl/wsdl-aside.js'

export interface CallerGuard {
  readonly failedAttempts: FailedAttempts
  /** Address of who sends a request. */
  readonly placeOf: (request: IncomingMessage) => string
}

export function callerGuard({ trustedProxies }: Pick<Config, 'trustedProxies'>): CallerGuard {
  return {
    failedAttempts: new FailedAttempts({ now: Date.now }),
    placeOf: request => clientAddress(request, trustedProxies),
  }
}

/** The contracts, read beside everything else that is done at start. */
export function readContracts(): Promise<Contracts> {
  const contracts = loadContracts(join(packageRoot(), 'wsdl'), loadWsdlModelsAside)
  // Whoever awaits it hears of what went wrong; until then it is nobody's unhandled rejection.
  contracts.catch(() => {})
  return contracts
}

interface SoapParts {
  readonly contracts: Promise<Contracts>
  readonly config: Config
  readonly service: Service
  readonly limiter: CallLimiter
  readonly guard: CallerGuard
  readonly metrics: Metrics
  readonly logger: Logger
  readonly tracer: CallTracer
  readonly bodyLimits: BodyLimits
}

export async function soapHandler(parts: SoapParts): Promise<SoapRequestHandler> {
  const { config, service, limiter, guard, metrics, logger, bodyLimits } = parts
  const { soapResubscribe: resubscribe, addressChange, signatureWindowHours, trustedProxies } = config
  const endpoint = createEndpoint({
    service,
    face: { source: 'SOAP API', defaultReason: 'SOAP API', policy: { resubscribe, addressChange } },
    signatureWindowMs: signatureWindowHours * 3_600_000,
    now: Date.now,
    limiter,
    failedAttempts: guard.failedAttempts,
    tracer: parts.tracer,
    observer: {
      called({ operation, faultCode, ms, unknownElements }) {
        metrics.soapCall(operation ?? '(none)', faultCode, ms)
        for (const name of unknownElements) metrics.unknownElement(name)
      },
      refused: refusalLog(logger),
      defect: (cause, requestId) => logger.error({ err: cause, requestId }, 'a SOAP call failed'),
    },
  })
  return createSoapRequestHandler({
    contracts: await parts.contracts,
    endpoint,
    readBody: request => readBody(request, bodyLimits),
    publicUrl: request => publicUrl(request, { publicUrl: config.publicUrl, trustedProxies }),
    requestIdOf,
    placeOf: guard.placeOf,
    onDefect: (cause, requestId) => logger.error({ err: cause, requestId }, 'a SOAP request failed'),
  })
}

interface OutboundParts extends Pick<HttpServer, 'isTrustedClient'>, Pick<SoapParts, 'bodyLimits'> {
  onStored(): void
}

/** The endpoint for outbound messages of Salesforce; where no organization is named, there is none. */
export async function salesforceHandler(
  config: Config,
  inbox: Pick<InboxStore, 'receiveNotifications'>,
  logger: Logger,
  { bodyLimits, onStored, isTrustedClient }: OutboundParts,
): Promise<SoapRequestHandler> {
  if (config.salesforceOrgs.length === 0) return () => false
  const { trustedProxies } = config
  const unknownOrgs = new Set<string>()
  return createOutboundHandler({
    contract: await loadOutboundContract(join(packageRoot(), 'wsdl'), loadWsdlModelsAside),
    inbox,
    orgs: new Set(config.salesforceOrgs.flatMap(salesforceIdForms)),
    isCertified: request => config.salesforceClientCa === null || isTrustedClient(request),
    now: Date.now,
    readBody: request => readBody(request, bodyLimits),
    publicUrl: request => publicUrl(request, { publicUrl: config.publicUrl, trustedProxies }),
    requestIdOf,
    onStored,
    onUnknownOrg(orgId) {
      // Each is tried again for a day; one line says it. Callers can make ids up, so not for ever new ones.
      if (unknownOrgs.has(orgId) || unknownOrgs.size >= 100) return
      unknownOrgs.add(orgId)
      logger.warn({ orgId }, 'outbound messages came from an organization that is not in SALESFORCE_ORGS')
    },
    onDefect: (cause, requestId) => logger.error({ err: cause, requestId }, 'an outbound message was not stored'),
  })
}

// Long bodies that may arrive at the same time; a third of the memory that a process is meant to get along with.
const bodyRoomBytes = 64 * 1024 * 1024

/** For all faces of one process: the room is theirs together. */
export function bodyLimits({ bodyBytesMax }: Config): BodyLimits {
  // Two of the longest that are allowed fit in any case.
  const room = createBodyRoom(Math.max(bodyRoomBytes, 2 * bodyBytesMax))
  return { ...defaultBodyLimits, bytesMax: bodyBytesMax, inflatedBytesMax: bodyBytesMax, room }
}

export function uploadLimits({ importBytesMax: bytesMax, importMs: timeoutMs }: Config): UploadLimits {
  return { ...defaultUploadLimits, bytesMax, timeoutMs }
}

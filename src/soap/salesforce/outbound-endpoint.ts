// Outbound messages of Salesforce, from bytes to reply: stored in one transaction, then acknowledged, nothing else. Any
// other answer makes Salesforce send them again for a day. Knows their form; what follows from them is not known here.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InboxStore, Notification } from '../../service/salesforce/inbox.js'
import { defectFault, findingsFault, notUnderstoodFault, refusedEnvelopeFault, thrownFault } from '../answer-fault.js'
import { compileEnvelopeDecoder, type DecodeEnvelope, type EnvelopeReading } from '../codec/codec-envelope-decode.js'
import { compileEnvelopeEncoder, type EncodeEnvelope } from '../codec/codec-envelope-encode.js'
import type { UnknownChild } from '../codec/codec-findings.js'
import { envelopeNamespaces } from '../codec/codec-namespaces.js'
import { escapeText } from '../codec/codec-scalar-encode.js'
import type { DecodedObject, DecodedValue } from '../codec/compile-decode.js'
import { decodeMessageText } from '../codec/message-text.js'
import { type Fault, fault, faultKinds, quoted } from '../faults.js'
import { type LoadModels, loadModelsHere } from '../wsdl/contracts.js'

export interface OutboundContract {
  readonly wsdlText: string
  readonly decode: DecodeEnvelope
  readonly encode: EncodeEnvelope<{ notifications: { readonly reply: { readonly Ack: boolean } } }>
}

/** `folder` holds the files of `wsdl/`. */
export async function loadOutboundContract(
  folder: string,
  loadModels: LoadModels = loadModelsHere,
): Promise<OutboundContract> {
  const path = join(folder, 'salesforce-outbound.wsdl')
  const [models, wsdlText] = await Promise.all([loadModels([path]), readFile(path, 'utf8')])
  const model = models[0]!
  return { wsdlText, decode: compileEnvelopeDecoder(model), encode: compileEnvelopeEncoder(model) }
}

export interface OutboundOptions {
  readonly contract: OutboundContract
  readonly inbox: Pick<InboxStore, 'receiveNotifications'>
  /** Every form of the ids of organizations that may send. */
  readonly orgs: ReadonlySet<string>
  readonly now: () => number
  /** There is something to process. */
  onStored(): void
  onUnknownOrg(orgId: string): void
  onDefect(cause: unknown, requestId: string): void
}

export interface OutboundReply {
  /** 500 for every fault, which Salesforce takes for a failure and tries again. */
  readonly status: 200 | 500
  readonly body: string
}

const notificationsMax = 100
// Of fields that only this file's reader will ever look at; what is longer or more is cut off.
const fieldsMax = 300
const fieldLengthMax = 4_000

export async function answerOutbound(
  request: { readonly body: Uint8Array; readonly contentType?: string | undefined; readonly requestId: string },
  options: OutboundOptions,
): Promise<OutboundReply> {
  try {
    const reading = options.contract.decode(decodeMessageText(request.body, request.contentType))
    const read = readNotifications(reading, options)
    if (!Array.isArray(read)) return refused(read as Fault)
    const stored = await options.inbox.receiveNotifications(read, options.now())
    if (stored > 0) options.onStored()
    return { status: 200, body: options.contract.encode('notifications', { Ack: true }, '1.1') }
  } catch (cause) {
    return outboundFailure(cause, request.requestId, options)
  }
}

/** The reply to what was thrown, also while the body was read. */
export function outboundFailure(
  cause: unknown,
  requestId: string,
  { onDefect }: Pick<OutboundOptions, 'onDefect'>,
): OutboundReply {
  const known = thrownFault(cause)
  if (known !== undefined) return refused(known)
  onDefect(cause, requestId)
  return refused(defectFault(requestId))
}

/** A caller without the certificate that was asked for. */
export function uncertified(): OutboundReply {
  return refused(fault(faultKinds.accessDenied, 'a client certificate of Salesforce is needed here'))
}

function refused({ faultCode, message }: Fault): OutboundReply {
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${envelopeNamespaces['1.1']}"><SOAP-ENV:Body><SOAP-ENV:Fault>` +
    `<faultcode>SOAP-ENV:${faultCode}</faultcode><faultstring>${escapeText(message)}</faultstring>` +
    '</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>\n'
  return { status: 500, body }
}

function readNotifications(
  reading: EnvelopeReading,
  { orgs, onUnknownOrg }: OutboundOptions,
): readonly Notification[] | Fault {
  if (reading.type === 'refused') return refusedEnvelopeFault(reading)
  if (reading.header.notUnderstood.length > 0) return notUnderstoodFault(reading.header.notUnderstood)
  if (reading.type === 'unknownOperation')
    return fault(faultKinds.notUnderstood, `expected notifications, got ${quoted(reading.bodyElement.localName)}`)
  if (reading.findings.length > 0) return findingsFault(reading.findings)
  const { OrganizationId: orgId, Notification: given } = reading.params
  const sent = given as readonly DecodedObject[] // The model has a list of a complex type there.
  if (typeof orgId !== 'string' || !orgs.has(orgId.trim())) {
    const shown = typeof orgId === 'string' ? orgId.slice(0, 60) : ''
    onUnknownOrg(shown)
    return fault(faultKinds.accessDenied, `the organization '${shown}' is not one that may send here`)
  }
  if (sent.length === 0 || sent.length > notificationsMax)
    return fault(faultKinds.invalidRequest, `expected 1 to ${notificationsMax} notifications, got ${sent.length}`)
  const unknown = fieldsByParent(reading.unknown)
  const read = sent.flatMap(each => readOne(orgId.trim(), each, unknown) ?? [])
  for (const { notificationId, recordId } of read) {
    const [name, id] = isId(notificationId) ? ['sObject.Id', recordId] : ['Notification.Id', notificationId]
    if (!isId(id))
      return fault(faultKinds.invalidRequest, `${name}: expected 18 letters and digits, got '${id.slice(0, 60)}'`)
  }
  return read
}

const isId = (text: string): boolean => /^[0-9A-Za-z]{18}$/.test(text)

// One without a record says nothing about anybody; it is acknowledged with the others.
function readOne(
  orgId: string,
  { Id: notificationId, sObject }: DecodedObject,
  unknown: ReadonlyMap<object, Readonly<Record<string, string>>>,
): Notification | null {
  if (typeof sObject !== 'object' || Array.isArray(sObject)) return null
  const { $type: objectType, Id: recordId, fieldsToNull: _, ...known } = sObject as DecodedObject
  if (typeof recordId !== 'string') return null
  const fields: Record<string, string> = { ...unknown.get(sObject) }
  for (const [name, value] of Object.entries(known)) fields[name] = textOf(value)
  return {
    orgId,
    notificationId: String(notificationId ?? '').trim(),
    objectType: String(objectType ?? ''),
    recordId: recordId.trim(),
    fields,
  }
}

// Times have become milliseconds on the way; the inbox keeps all as text.
function textOf(value: DecodedValue): string {
  return (typeof value === 'number' ? new Date(value).toISOString() : String(value)).slice(0, fieldLengthMax)
}

function fieldsByParent(unknown: readonly UnknownChild[]): ReadonlyMap<object, Readonly<Record<string, string>>> {
  const byParent = new Map<object, Record<string, string>>()
  for (const { parent, localName, text } of unknown) {
    const fields = byParent.get(parent) ?? {}
    byParent.set(parent, fields)
    if (Object.keys(fields).length < fieldsMax) fields[localName] = text.slice(0, fieldLengthMax)
  }
  return byParent
}

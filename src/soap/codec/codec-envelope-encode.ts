// Writes a reply's whole envelope in the form recorded from the legacy service: prefixes SOAP-ENV, xsi and ns1,
// declared in this order, and xsi only where the reply says nil (legacy-soap-contract 1). It knows the operations'
// outputs; it must not know faults.

import type { Messages } from '../messages/messages.js'
import type { WsdlModel } from '../wsdl/wsdl-shape.js'
import { utcZone, type Zone } from './codec-date-time.js'
import { envelopeNamespaces, type SoapVersion, xsiNamespace } from './codec-namespaces.js'
import { escapeText } from './codec-scalar-encode.js'
import { type EncodeContent, type EncodeMarks, encodeCompiler } from './compile-encode.js'

/**
 * From an operation's reply (its `successX` element as an object) to the text of the response. Throws an EncodeError
 * where the reply lacks a required value or holds one that the schema forbids, and an Error for an operation that the
 * model does not have.
 */
export type EncodeEnvelope<Known extends Record<keyof Known, { readonly reply: object }> = Messages> = <
  Operation extends keyof Known & string,
>(
  operation: Operation,
  reply: Known[Operation]['reply'],
  soapVersion: SoapVersion,
) => string

/**
 * Compiled once at start for a version of the contract. `zone`: in whose offset times are written. `sayable`: what
 * replies may hold that this version leaves out (see compile-encode.ts).
 */
export function compileEnvelopeEncoder<Known extends Record<keyof Known, { readonly reply: object }> = Messages>(
  model: WsdlModel,
  { zone = utcZone, sayable = model }: { readonly zone?: Zone; readonly sayable?: WsdlModel } = {},
): EncodeEnvelope<Known> {
  const compile = encodeCompiler(model, { prefix: 'ns1', zone, sayable })
  const outputs = new Map<string, Output>()
  for (const { name, output } of model.operations.values()) {
    outputs.set(name, { element: `ns1:${output.name}`, content: compile(output.type) })
  }
  const starts: Record<SoapVersion, EnvelopeStart> = {
    '1.1': envelopeStart(model.targetNamespace, '1.1'),
    '1.2': envelopeStart(model.targetNamespace, '1.2'),
  }
  return (operation, reply, soapVersion) => {
    const output = outputs.get(operation)
    if (output === undefined) throw new Error(`expected an operation of the contract, got '${operation}'`)
    const marks: EncodeMarks = { usesXsi: false }
    const content = output.content(reply, marks)
    const start = starts[soapVersion][marks.usesXsi ? 'withXsi' : 'plain']
    return `${start}<${output.element}>${content}</${output.element}></SOAP-ENV:Body></SOAP-ENV:Envelope>\n`
  }
}

interface Output {
  readonly element: string
  readonly content: EncodeContent
}

interface EnvelopeStart {
  readonly plain: string
  readonly withXsi: string
}

function envelopeStart(targetNamespace: string, soapVersion: SoapVersion): EnvelopeStart {
  const start = (xsi: string) =>
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${envelopeNamespaces[soapVersion]}"${xsi} ` +
    `xmlns:ns1="${escapeText(targetNamespace)}"><SOAP-ENV:Body>`
  return { plain: start(''), withXsi: start(` xmlns:xsi="${xsiNamespace}"`) }
}

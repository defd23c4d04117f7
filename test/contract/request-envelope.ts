// Writes the request of any operation as a schema-following toolkit would. The program writes replies only.
import { utcZone } from '../../src/soap/codec/codec-date-time.js'
import { envelopeNamespaces, xsiNamespace } from '../../src/soap/codec/codec-namespaces.js'
import { encodeCompiler } from '../../src/soap/codec/compile-encode.js'
import type { ElementShape, WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import type { RecordValue } from './shape-values.js'

export interface RequestValues {
  readonly params: RecordValue
  /** Header blocks by part name. */
  readonly blocks: { readonly [part: string]: RecordValue }
}

export function encodeRequest(model: WsdlModel): (operation: string, values: RequestValues) => string {
  const compile = encodeCompiler(model, { prefix: 'q1', zone: utcZone })
  const element = (shape: ElementShape, value: RecordValue): string =>
    `<q1:${shape.name}>${compile(shape.type)(value, { usesXsi: false })}</q1:${shape.name}>`
  return (operation, { params, blocks }) => {
    const header = Object.entries(blocks).map(([part, value]) => element(model.headerParts.get(part)!.element, value))
    return (
      `<s:Envelope xmlns:s="${envelopeNamespaces['1.1']}" xmlns:xsi="${xsiNamespace}" ` +
      `xmlns:q1="${model.targetNamespace}"><s:Header>${header.join('')}</s:Header>` +
      `<s:Body>${element(model.operations.get(operation)!.input, params)}</s:Body></s:Envelope>`
    )
  }
}

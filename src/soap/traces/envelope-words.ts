// The words of the contract, which may stay in a traced message wherever they stand: they come from the WSDL, so no
// value of anybody is among them but by chance. Knows the model; must not know a message.

import { envelopeNamespaces, xsiNamespace } from '../codec/codec-namespaces.js'
import type { FieldShape, WsdlModel } from '../wsdl/wsdl-shape.js'

export interface EnvelopeWords {
  /** Names of elements, and of the parts of an envelope. */
  readonly names: ReadonlySet<string>
  readonly types: ReadonlySet<string>
  readonly namespaces: ReadonlySet<string>
  /** Whether the text of an element of this name says nothing of anybody: a word of an enumeration, a time, a count. */
  isPlain(element: string, text: string): boolean
}

const envelopeNames = [
  ...['Envelope', 'Header', 'Body', 'Fault', 'faultcode', 'faultstring', 'faultactor', 'detail', 'Code', 'Value'],
  ...['Reason', 'Text', 'Detail', 'Subcode', 'serviceException', 'name', 'message', 'code', 'ClientRequestId'],
  ...[
    'Security',
    'UsernameToken',
    'Username',
    'Password',
    'Timestamp',
    'Created',
    'Expires',
    'Action',
    'To',
    'ReplyTo',
  ],
]
const schemaTypes = ['string', 'int', 'integer', 'long', 'boolean', 'dateTime', 'date', 'float', 'double', 'decimal']
const schemaNamespace = 'http://www.w3.org/2001/XMLSchema'
const encodingNamespace = 'http://schemas.xmlsoap.org/soap/encoding/'
/** What clients write as attrType, beside the types of the schema. */
const attributeTypes = new Set([
  'datetime',
  'email',
  'phone',
  'url',
  'currency',
  'text',
  'score',
  'percent',
  'reference',
])

const timeForm = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/
const countForm = /^-?\d{1,9}$/
// Ids name somebody, and lists of numbers are ids.
const namesSomebody = /(?:id|item)$/i

export function envelopeWords(model: WsdlModel): EnvelopeWords {
  const fields = [...model.complexTypes.values()].flatMap(shape => shape.fields)
  const isOf = (name: string): Set<string> => new Set(fields.filter(field => isBuiltIn(field, name)).map(nameOf))
  const booleans = isOf('boolean')
  const times = isOf('dateTime')
  const counts = new Set(
    [...isOf('int'), ...isOf('long'), ...isOf('integer')].filter(name => !namesSomebody.test(name)),
  )
  const enumerated = new Map<string, Set<string>>()
  for (const { name, type } of fields) {
    if (type.kind !== 'enumeration') continue
    const values = model.enumerations.get(type.name)?.values ?? []
    enumerated.set(name, new Set([...(enumerated.get(name) ?? []), ...values]))
  }
  return {
    names: new Set([
      ...envelopeNames,
      ...fields.map(nameOf),
      ...model.elements.keys(),
      ...[...model.headerParts.values()].map(({ element }) => element.name),
    ]),
    types: new Set([...schemaTypes, ...model.complexTypes.keys(), ...model.enumerations.keys()]),
    namespaces: new Set([
      ...[model.targetNamespace, xsiNamespace, schemaNamespace, encodingNamespace],
      ...Object.values(envelopeNamespaces),
    ]),
    isPlain: (element, text) =>
      enumerated.get(element)?.has(text) === true ||
      (booleans.has(element) && /^(?:true|false|[01])$/.test(text)) ||
      (times.has(element) && timeForm.test(text)) ||
      (counts.has(element) && countForm.test(text)) ||
      (element === 'attrType' && (schemaTypes.includes(text) || attributeTypes.has(text.toLowerCase()))),
  }
}

const isBuiltIn = ({ type }: FieldShape, name: string): boolean => type.kind === 'builtIn' && type.name === name
const nameOf = ({ name }: FieldShape): string => name

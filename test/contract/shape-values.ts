// Values for any type of a model: the fullest, the emptiest, and random ones. They are in the form that reading gives
// back: what is absent has no key, and no optional string or nested record is empty, because on the wire empty is
// absent.
import fc from 'fast-check'
import {
  type BuiltInType,
  type ComplexShape,
  complexShape,
  type FieldShape,
  substitutes,
  type WsdlModel,
} from '../../src/soap/wsdl/wsdl-shape.js'

export type Value = string | number | boolean | Value[] | { [name: string]: Value }
export interface RecordValue {
  [name: string]: Value
}

const samples: Readonly<Record<BuiltInType, Value>> = {
  string: 'Grüße & <Küsse> "你好" 🌍\r\n',
  int: -2147483648,
  long: 9007199254740991,
  integer: 4711,
  boolean: true,
  dateTime: '2026-01-31T09:30:00-08:00',
  base64Binary: 'R3LDvMOfZQ==',
  anySimpleType: 'x < y',
}

/** Every optional element is there, every list has two items. One value for each form that a nested type can take. */
export function fullestValues(model: WsdlModel, type: string): RecordValue[] {
  const shape = complexShape(model, type)
  const count = Math.max(1, ...shape.fields.map(field => formsOf(model, field).length))
  return Array.from({ length: count }, (_, form) => {
    const value: RecordValue = {}
    for (const field of shape.fields) {
      const item = fullest(model, field, form)
      value[field.name] = field.repeated ? [item, item] : item
    }
    return value
  })
}

function fullest(model: WsdlModel, field: FieldShape, form: number): Value {
  const { type } = field
  if (type.kind === 'builtIn') return samples[type.name]
  if (type.kind === 'enumeration') return model.enumerations.get(type.name)!.values.at(-1)!
  const forms = formsOf(model, field)
  const chosen = forms[form % forms.length]!
  const content = fullestValues(model, chosen.name)
  return withForm(content[form % content.length]!, chosen, forms)
}

/** Nothing is there that the schema lets be absent, nil or an empty list. */
export function emptiestValue(model: WsdlModel, type: string): RecordValue {
  const value: RecordValue = {}
  for (const field of complexShape(model, type).fields) {
    if (field.repeated) value[field.name] = []
    else if (field.required && !field.nillable) value[field.name] = emptiest(model, field)
  }
  return value
}

function emptiest(model: WsdlModel, { type }: FieldShape): Value {
  if (type.kind === 'builtIn') return type.name === 'string' ? '' : samples[type.name]
  if (type.kind === 'enumeration') return model.enumerations.get(type.name)!.values[0]!
  return emptiestValue(model, type.name)
}

/** Random values, within the two extremes. */
export function arbitraryValue(model: WsdlModel, type: string): fc.Arbitrary<RecordValue> {
  const shape = complexShape(model, type)
  const arbitraries: Record<string, fc.Arbitrary<Value>> = {}
  for (const field of shape.fields) arbitraries[field.name] = arbitraryField(model, field)
  const requiredKeys = shape.fields
    .filter(field => field.repeated || (field.required && !field.nillable))
    .map(field => field.name)
  return fc.record(arbitraries, { requiredKeys, noNullPrototype: true })
}

function arbitraryField(model: WsdlModel, field: FieldShape): fc.Arbitrary<Value> {
  if (field.repeated) return fc.array(arbitraryItem(model, field), { maxLength: 4 })
  const item = arbitraryItem(model, field)
  if (field.type.kind === 'complex') {
    const { name } = field.type
    return item.filter(value => hasChildren(model, name, value as RecordValue))
  }
  return field.required && !field.nillable ? item : item.filter(value => value !== '')
}

function arbitraryItem(model: WsdlModel, field: FieldShape): fc.Arbitrary<Value> {
  const { type } = field
  if (type.kind === 'builtIn') return arbitraryScalars[type.name]
  if (type.kind === 'enumeration') return fc.constantFrom(...model.enumerations.get(type.name)!.values)
  const forms = formsOf(model, field)
  return fc.oneof(...forms.map(form => arbitraryValue(model, form.name).map(value => withForm(value, form, forms))))
}

const xmlText = fc
  .string({ unit: 'binary', maxLength: 20 })
  .map(text => text.replaceAll(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''))

const arbitraryScalars: Readonly<Record<BuiltInType, fc.Arbitrary<Value>>> = {
  string: xmlText,
  anySimpleType: xmlText,
  int: fc.integer(),
  long: fc.maxSafeInteger(),
  integer: fc.maxSafeInteger(),
  boolean: fc.boolean(),
  dateTime: fc
    .date({ min: new Date('1000-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
    .chain(date =>
      fc.constantFrom('', 'Z', '+00:00', '-08:00', '+05:45').map(zone => date.toISOString().slice(0, 19) + zone),
    ),
  base64Binary: fc.uint8Array({ minLength: 1, maxLength: 9 }).map(bytes => Buffer.from(bytes).toString('base64')),
}

/** The record without nested ones that would be empty elements: on the wire these mean "not given". */
export function withoutEmptyRecords(model: WsdlModel, type: string, value: RecordValue): RecordValue {
  const kept = complexShape(model, type).fields.filter(field => {
    const given = value[field.name]
    if (given === undefined) return false
    return field.repeated || field.type.kind !== 'complex' || hasChildren(model, field.type.name, given as RecordValue)
  })
  return Object.fromEntries(kept.map(({ name }) => [name, value[name]!]))
}

/** Whether the record's element says anything: by its xsi:type, or by children, which a nillable field always is. */
function hasChildren(model: WsdlModel, type: string, value: RecordValue): boolean {
  if ('$type' in value) return true
  return complexShape(model, type).fields.some(({ name, repeated, nillable }) => {
    const given = value[name]
    return repeated ? Array.isArray(given) && given.length > 0 : nillable || given !== undefined
  })
}

function formsOf(model: WsdlModel, { type }: FieldShape): readonly ComplexShape[] {
  return type.kind === 'complex' ? substitutes(model, type.name) : []
}

function withForm(value: RecordValue, form: ComplexShape, forms: readonly ComplexShape[]): RecordValue {
  return forms.length > 1 ? { $type: form.name, ...value } : value
}

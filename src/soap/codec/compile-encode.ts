// Compiles, once at start, a shape into a function from a value to XML text: children in exact schema order and
// unqualified unless the schema says otherwise, as strict clients need them. It must not know envelopes or operations,
// nor read anything.
//
// A nillable field without a value is always written, with xsi:nil, even where the schema lets it be left out: the
// legacy service did, and generated Java code reads such fields unguarded (legacy-soap-contract 1.2). An optional field
// that cannot be nil is left out. A missing required value is our own defect and throws.
//
// Values are those of the newest version. What the shape of an older one does not have is left out of the text, by the
// shape alone; a key that no version has is a defect again, since nobody would ever get to see it.

import { type ComplexShape, complexShape, type FieldShape, substitutes, type WsdlModel } from '../wsdl/wsdl-shape.js'
import { utcZone, type Zone } from './codec-date-time.js'
import { enumerationWriter, scalarWriter, type WriteScalar } from './codec-scalar-encode.js'

/** What one writing notes for whoever declares the namespaces. */
export interface EncodeMarks {
  /** An xsi:nil or xsi:type was written. */
  usesXsi: boolean
}

/** Writes what is inside an element of the type. Throws an EncodeError. */
export type EncodeContent = (value: object, marks: EncodeMarks) => string

/** A value that the schema forbids: a defect of the program, never of a caller. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
}

export interface EncodeOptions {
  /** The prefix that is bound to the target namespace where the text will stand; xsi:type needs it. */
  readonly prefix: string
  /** In whose offset epoch milliseconds are written. */
  readonly zone: Zone
  /** All that a value may hold, the model's own fields and those that it leaves out; the model where absent. */
  readonly sayable?: WsdlModel
}

/** A compiler for the complex types of one model; what types have in common is compiled once. */
export function encodeCompiler(
  model: WsdlModel,
  options: EncodeOptions = { prefix: 'ns1', zone: utcZone },
): (typeName: string) => EncodeContent {
  const compiler = new Compiler(model, options)
  return typeName => {
    const shape = complexShape(model, typeName)
    if (shape.derived.length > 0) throw new Error(`expected a type with one form as the root, got ${typeName}`)
    return compiler.content(shape)
  }
}

type WriteField = (record: Readonly<Record<string, unknown>>, marks: EncodeMarks) => string
/** Writes a whole element, tags included. */
type WriteElement = (value: unknown, marks: EncodeMarks) => string

class Compiler {
  readonly #model: WsdlModel
  readonly #options: EncodeOptions
  readonly #contents = new Map<string, EncodeContent>()

  constructor(model: WsdlModel, options: EncodeOptions) {
    this.#model = model
    this.#options = options
  }

  content(shape: ComplexShape): EncodeContent {
    const known = this.#contents.get(shape.name)
    if (known !== undefined) return known
    const fields: WriteField[] = []
    const sayable = this.#sayableNames(shape.name)
    const write: EncodeContent = (value, marks) => {
      for (const name in value) if (!sayable.has(name)) throw unsayable(shape.name, name)
      let xml = ''
      for (const field of fields) xml += field(value as Readonly<Record<string, unknown>>, marks)
      return xml
    }
    // Known before its fields are: a type may contain itself.
    this.#contents.set(shape.name, write)
    for (const field of shape.fields) fields.push(this.#field(shape, field))
    return write
  }

  /** `$type` chooses a form and is no field. */
  #sayableNames(type: string): ReadonlySet<string> {
    const { fields, base } = complexShape(this.#options.sayable ?? this.#model, type)
    return new Set([...fields.map(field => field.name), ...(base === null ? [] : ['$type'])])
  }

  #field(owner: ComplexShape, field: FieldShape): WriteField {
    const { name } = field
    const place = `${owner.name}.${name}`
    const tag = this.#tag(name)
    const write = this.#element(field, place)
    if (field.repeated) return repeatedField(field, place, write)
    if (field.nillable) {
      const nil = `<${tag} xsi:nil="true"/>`
      return (record, marks) => {
        const value = record[name]
        if (value !== undefined && value !== null) return write(value, marks)
        marks.usesXsi = true
        return nil
      }
    }
    return (record, marks) => {
      const value = record[name]
      if (value !== undefined && value !== null) return write(value, marks)
      if (field.required) throw new EncodeError(`${place}: expected a value, got ${value}`)
      return ''
    }
  }

  #tag(name: string): string {
    return this.#model.qualified ? `${this.#options.prefix}:${name}` : name
  }

  #element(field: FieldShape, place: string): WriteElement {
    const { type } = field
    const name = this.#tag(field.name)
    if (type.kind === 'builtIn') return scalarElement(name, place, scalarWriter(type.name, this.#options.zone))
    if (type.kind === 'enumeration') {
      return scalarElement(name, place, enumerationWriter(this.#model.enumerations.get(type.name)!))
    }
    const shape = complexShape(this.#model, type.name)
    if (shape.derived.length > 0) return this.#polymorphicElement(name, place, shape)
    const content = this.content(shape)
    const [open, close] = [`<${name}>`, `</${name}>`]
    return (value, marks) => `${open}${content(asRecord(value, place), marks)}${close}`
  }

  /** `$type` of the value chooses the form, and xsi:type says so. */
  #polymorphicElement(name: string, place: string, declared: ComplexShape): WriteElement {
    const forms = new Map(substitutes(this.#model, declared.name).map(form => [form.name, this.content(form)]))
    return (value, marks) => {
      const record = asRecord(value, place)
      const form: unknown = Reflect.get(record, '$type')
      const content = typeof form === 'string' ? forms.get(form) : undefined
      if (content === undefined)
        throw new EncodeError(`${place}: expected $type to be ${[...forms.keys()].join(' or ')}`)
      marks.usesXsi = true
      return `<${name} xsi:type="${this.#options.prefix}:${form}">${content(record, marks)}</${name}>`
    }
  }
}

function repeatedField(field: FieldShape, place: string, write: WriteElement): WriteField {
  return (record, marks) => {
    const items = record[field.name]
    if (!Array.isArray(items)) throw new EncodeError(`${place}: expected a list, got ${typeof items}`)
    if (field.required && items.length === 0) throw new EncodeError(`${place}: expected at least one item, got none`)
    let xml = ''
    for (const item of items) xml += write(item, marks)
    return xml
  }
}

function scalarElement(name: string, place: string, writeText: WriteScalar): WriteElement {
  const [open, close] = [`<${name}>`, `</${name}>`]
  return value => {
    try {
      return open + writeText(value) + close
    } catch (cause) {
      throw new EncodeError(`${place}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }
}

function unsayable(type: string, name: string): EncodeError {
  return new EncodeError(`${type}: expected a key that some version of the contract has, got '${name}'`)
}

function asRecord(value: unknown, place: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new EncodeError(`${place}: expected an object, got ${Array.isArray(value) ? 'a list' : typeof value}`)
}

// Compiles, once at start, a shape into a function that reads one element straight off the pull reader into a plain
// object with the schema's names as keys. Reading is as lenient as the legacy service was (legacy-soap-contract 1.2,
// client-habits 3-9); what cannot be read is collected, never thrown. It must not know envelopes, faults or operations.
//
// Not given, and then absent from the object: no element, xsi:nil, or an empty element. Only a required string that
// cannot be nil is '' where it is empty (an attrValue may be cleared). Records and strings keep their place in a list,
// an empty one as a record of nothing or '', because replies answer records in the order of the request. An element
// that the schema has once and that comes twice is a finding: ext/soap made a list of it, which nobody could have read
// as one value, and picking one of two addresses would be a guess.

import { type ComplexShape, complexShape, type FieldShape, substitutes, type WsdlModel } from '../wsdl/wsdl-shape.js'
import type { XmlReader } from '../xml/xml-reader.js'
import { utcZone, type Zone } from './codec-date-time.js'
import { type DecodeReport, DecodeRun, isNil, typeName } from './codec-decode-run.js'
import { type ReadScalar, readBase64String, readToken, type ScalarValue, scalarReader } from './codec-scalar-decode.js'

export type DecodedValue = ScalarValue | DecodedObject | readonly DecodedValue[]

/** Fields of a complex type by name. `$type` names the chosen type where the declared one has several forms. */
export interface DecodedObject {
  readonly [name: string]: DecodedValue
}

/**
 * Reads the element that the reader stands on. Empty or nil, it gives empty lists and no more. Throws XmlError only.
 */
export type DecodeElement = (reader: XmlReader, rootName: string, report: DecodeReport) => DecodedObject

export interface DecodeOptions {
  /** Where times without an offset belong. */
  readonly zone: Zone
}

/**
 * A compiler for the complex types of one model; what types have in common is compiled once. Throws an Error for a type
 * whose forms could not be told apart by their children.
 */
export function decodeCompiler(
  model: WsdlModel,
  options: DecodeOptions = { zone: utcZone },
): (typeName: string) => DecodeElement {
  const compiler = new Compiler(model, options.zone)
  return name => {
    const read = compiler.complex(name)
    const empty = compiler.empty(name)
    return (reader, rootName, report) => {
      const run = new DecodeRun(report)
      run.enter(rootName, -1)
      return read(reader, run) ?? empty()
    }
  }
}

/** Under construction it is written to; what leaves is a DecodedObject. */
type Fields = Record<string, DecodedValue | DecodedValue[]>
type ReadComplex = (reader: XmlReader, run: DecodeRun) => Fields | undefined

interface FieldReader {
  readonly name: string
  readonly repeated: boolean
  /** What an empty or nil item of a list counts as; undefined: it is not given. */
  readonly emptyItem: (() => DecodedValue) | undefined
  readonly read: (reader: XmlReader, run: DecodeRun) => DecodedValue | undefined
}

/** The fields of one type, and the object that an element of it starts as: lists are always there. */
interface Children {
  readonly fields: Map<string, FieldReader>
  readonly lists: string[]
}

class Compiler {
  readonly #model: WsdlModel
  readonly #zone: Zone
  readonly #children = new Map<string, Children>()
  readonly #complex = new Map<string, ReadComplex>()

  constructor(model: WsdlModel, zone: Zone) {
    this.#model = model
    this.#zone = zone
  }

  complex(name: string): ReadComplex {
    const known = this.#complex.get(name)
    if (known !== undefined) return known
    const forms = substitutes(this.#model, name)
    const declared = complexShape(this.#model, name)
    // A type may contain itself: while it is being compiled, what it contains gets a stand-in.
    let read: ReadComplex
    this.#complex.set(name, (reader, run) => read(reader, run))
    read = declared.derived.length > 0 ? this.#polymorphic(declared, forms) : this.#plain(declared)
    this.#complex.set(name, read)
    return read
  }

  /** What an element of the type counts as where it must count as something. */
  empty(name: string): () => Fields {
    const lists = complexShape(this.#model, name).fields.filter(field => field.repeated)
    return () => emptyFields(lists.map(field => field.name))
  }

  #plain(shape: ComplexShape): ReadComplex {
    const children = this.#childrenOf(shape)
    return (reader, run) => {
      if (isNil(reader)) {
        reader.skip()
        return undefined
      }
      return readChildren(reader, run, children)
    }
  }

  /** The form is named by xsi:type, whatever the prefix, or else inferred from the children (client-habits 9). */
  #polymorphic(declared: ComplexShape, forms: readonly ComplexShape[]): ReadComplex {
    const byName = new Map(forms.map(form => [form.name, this.#childrenOf(form)]))
    const anyForm = this.#mergedChildren(declared, forms)
    return (reader, run) => {
      if (isNil(reader)) {
        reader.skip()
        return undefined
      }
      const named = typeName(reader)
      const children = named === undefined ? undefined : byName.get(named)
      if (children !== undefined) return withForm(readChildren(reader, run, children) ?? {}, named!)
      if (named !== undefined && named !== declared.name) {
        run.find(`expected xsi:type to be ${[...byName.keys()].join(' or ')}, got '${named}'`)
        reader.skip()
        return undefined
      }
      const value = readChildren(reader, run, anyForm)
      if (value === undefined) return undefined
      const form = inferForm(value, forms)
      if (form !== undefined) return withForm(value, form.name)
      run.find(`expected the children of one of ${[...byName.keys()].join(', ')}, got ${describeNames(value)}`)
      return undefined
    }
  }

  #childrenOf(shape: ComplexShape): Children {
    const known = this.#children.get(shape.name)
    if (known !== undefined) return known
    const children: Children = { fields: new Map(), lists: [] }
    this.#fill(children, shape.fields)
    this.#children.set(shape.name, children)
    return children
  }

  #mergedChildren(declared: ComplexShape, forms: readonly ComplexShape[]): Children {
    const fields = new Map<string, FieldShape>()
    for (const field of forms.flatMap(form => form.fields)) {
      const other = fields.get(field.name)
      if (other !== undefined && JSON.stringify(other) !== JSON.stringify(field)) {
        throw new Error(
          `the forms of ${declared.name} declare '${field.name}' differently: no child could tell them apart`,
        )
      }
      fields.set(field.name, field)
    }
    const children: Children = { fields: new Map(), lists: [] }
    this.#fill(children, [...fields.values()])
    return children
  }

  #fill(children: Children, fields: readonly FieldShape[]): void {
    for (const field of fields) {
      children.fields.set(field.name, this.#field(field))
      if (field.repeated) children.lists.push(field.name)
    }
  }

  #field(field: FieldShape): FieldReader {
    const { name, repeated, type } = field
    if (type.kind === 'complex') {
      return { name, repeated, emptyItem: repeated ? this.empty(type.name) : undefined, read: this.complex(type.name) }
    }
    const isText = type.name === 'string' || type.name === 'anySimpleType'
    const readText = type.kind === 'enumeration' ? readToken : scalarReader(type.name, this.#zone)
    const keepsEmpty = repeated || (field.required && !field.nillable)
    return {
      name,
      repeated,
      emptyItem: repeated && isText ? () => '' : undefined,
      read: isText ? textFieldReader(readText, keepsEmpty) : scalarFieldReader(readText),
    }
  }
}

function scalarFieldReader(readText: ReadScalar): FieldReader['read'] {
  return (reader, run) => {
    if (isNil(reader)) {
      reader.skip()
      return undefined
    }
    const reading = readText(reader.text())
    if (reading.problem !== undefined) run.find(reading.problem)
    return reading.value
  }
}

function textFieldReader(readText: ReadScalar, keepsEmpty: boolean): FieldReader['read'] {
  return (reader, run) => {
    if (isNil(reader)) {
      reader.skip()
      return undefined
    }
    const named = typeName(reader)
    const isBase64 = named === 'base64Binary' || named === 'base64'
    const text = reader.text()
    if (text === '' && !keepsEmpty) return undefined
    const reading = isBase64 ? readBase64String(text) : readText(text)
    if (reading.problem !== undefined) run.find(reading.problem)
    return reading.value === '' && !keepsEmpty ? undefined : reading.value
  }
}

/** Children by local name, in any order and any namespace (client-habits 3 and 4). Undefined: there were none. */
function readChildren(reader: XmlReader, run: DecodeRun, children: Children): Fields | undefined {
  const { fields } = children
  const value = emptyFields(children.lists)
  let isEmpty = true
  while (reader.nextChild()) {
    isEmpty = false
    const field = fields.get(reader.localName)
    if (field === undefined) run.passUnknown(reader, value)
    else if (field.repeated) readItem(reader, run, field, value)
    else readSingle(reader, run, field, value)
  }
  return isEmpty ? undefined : value
}

function emptyFields(lists: readonly string[]): Fields {
  const value: Fields = {}
  for (const name of lists) value[name] = []
  return value
}

function readItem(reader: XmlReader, run: DecodeRun, field: FieldReader, value: Fields): void {
  const items = value[field.name] as DecodedValue[]
  run.enter(field.name, items.length)
  const item = field.read(reader, run) ?? field.emptyItem?.()
  if (item !== undefined) items.push(item)
  run.leave()
}

function readSingle(reader: XmlReader, run: DecodeRun, field: FieldReader, value: Fields): void {
  run.enter(field.name, -1)
  const read = field.read(reader, run)
  if (read !== undefined) {
    if (value[field.name] === undefined) value[field.name] = read
    else run.find('expected this element once, got it again: send it once')
  }
  run.leave()
}

/** In place: whoever was told of an unknown child knows this very object as its parent. */
function withForm(value: Fields, form: string): Fields {
  value.$type = form
  return value
}

/** The form that has all the given children and the fewest others; undefined where none does, or two equally well. */
function inferForm(value: Fields, forms: readonly ComplexShape[]): ComplexShape | undefined {
  const given = givenNames(value)
  if (given.length === 0) return undefined
  const fitting = forms.filter(form => given.every(name => form.fields.some(field => field.name === name)))
  const fewest = Math.min(...fitting.map(form => form.fields.length))
  const closest = fitting.filter(form => form.fields.length === fewest)
  return closest.length === 1 ? closest[0] : undefined
}

function givenNames(value: Fields): string[] {
  return Object.keys(value).filter(name => !(Array.isArray(value[name]) && value[name].length === 0))
}

function describeNames(value: Fields): string {
  return givenNames(value).join(', ') || 'none of them'
}

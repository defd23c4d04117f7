// Reads the types of a schema out of npm `soap`'s element classes. It knows how they keep attributes and children, and
// how prefixed names resolve; it must not know operations, nor a single name of the contract.
import type { ComplexTypeElement, Element, SchemaElement } from 'soap/lib/wsdl/elements.js'
import {
  type BuiltInType,
  builtInTypes,
  type ComplexShape,
  type EnumerationShape,
  type FieldShape,
  type TypeReference,
} from './wsdl-shape.js'

const xmlSchemaUri = 'http://www.w3.org/2001/XMLSchema'

/** Turns a prefixed name into what it stands for. The grammar has made sure that prefixes are declared on the root. */
export class NameResolver {
  readonly #prefixes: ReadonlyMap<string, string>
  readonly #targetNamespace: string
  readonly #schemas: Readonly<Record<string, SchemaElement>>

  constructor(
    prefixes: ReadonlyMap<string, string>,
    targetNamespace: string,
    schemas: Readonly<Record<string, SchemaElement>>,
  ) {
    this.#prefixes = prefixes
    this.#targetNamespace = targetNamespace
    this.#schemas = schemas
  }

  /** The local name of a thing of the target namespace. */
  own(qName: string | undefined, place: string): string {
    const { uri, localName } = this.#split(qName)
    if (uri === this.#targetNamespace) return localName
    throw new Error(`${place}: expected a name of the target namespace, got '${qName}'`)
  }

  typeOf(qName: string | undefined, place: string): TypeReference {
    const { uri, localName: name } = this.#split(qName)
    if (uri === xmlSchemaUri && isBuiltIn(name)) return Object.freeze({ kind: 'builtIn', name })
    const schema = uri === undefined ? undefined : this.#schemas[uri]
    if (schema !== undefined && Object.hasOwn(schema.complexTypes, name))
      return Object.freeze({ kind: 'complex', name })
    if (schema !== undefined && Object.hasOwn(schema.types, name)) return Object.freeze({ kind: 'enumeration', name })
    throw new Error(`${place}: the type '${qName}' is not understood`)
  }

  #split(qName = ''): { uri: string | undefined; localName: string } {
    const colon = qName.indexOf(':')
    return { uri: this.#prefixes.get(qName.slice(0, Math.max(colon, 0))), localName: qName.slice(colon + 1) }
  }
}

function isBuiltIn(name: string): name is BuiltInType {
  return (builtInTypes as readonly string[]).includes(name)
}

/** Throws an Error for anything but a restriction of string to given values. */
export function readEnumeration(schema: SchemaElement, name: string, names: NameResolver): EnumerationShape {
  const restriction = childrenNamed(schema.types[name]!, 'restriction')[0]
  const base = restriction && names.typeOf(attribute(restriction, 'base'), `simpleType '${name}'`)
  if (base?.name !== 'string') throw new Error(`simpleType '${name}': expected a restriction of string`)
  const values = childrenNamed(restriction!, 'enumeration').map(each => attribute(each, 'value') ?? '')
  if (values.length === 0) throw new Error(`simpleType '${name}': expected enumeration values, got none`)
  return Object.freeze({ name, values: Object.freeze(values) })
}

/** All complex types, inheritance resolved. Throws an Error for a cycle and for an element that is there twice. */
export function readComplexTypes(
  schema: Pick<SchemaElement, 'complexTypes'>,
  names: NameResolver,
): Map<string, ComplexShape> {
  const own = new Map(
    Object.entries(schema.complexTypes).map(([name, type]) => [name, readOwnContent(type, name, names)]),
  )
  const bases = (name: string): string[] => {
    const chain: string[] = []
    for (let base = own.get(name)!.base; base !== null; base = own.get(base)!.base) {
      if (base === name || chain.includes(base)) throw new Error(`complexType '${name}' extends itself`)
      chain.unshift(base)
    }
    return chain
  }
  const lineage = new Map([...own.keys()].map(name => [name, bases(name)]))
  return new Map(
    [...own].map(([name, { base, abstract, fields }]) => {
      const inherited = lineage.get(name)!.flatMap(each => own.get(each)!.fields)
      const all = [...inherited, ...fields]
      const double = all.find((field, index) => all.findIndex(each => each.name === field.name) < index)
      if (double) throw new Error(`complexType '${name}': expected each element once, got '${double.name}' twice`)
      const derived = [...own.keys()].filter(each => lineage.get(each)!.includes(name))
      return [
        name,
        Object.freeze({ name, abstract, base, fields: Object.freeze(all), derived: Object.freeze(derived) }),
      ]
    }),
  )
}

interface OwnContent {
  readonly base: string | null
  readonly abstract: boolean
  readonly fields: readonly FieldShape[]
}

function readOwnContent(type: ComplexTypeElement, name: string, names: NameResolver): OwnContent {
  const place = `complexType '${name}'`
  const extension = childrenNamed(type, 'complexContent').flatMap(content => childrenNamed(content, 'extension'))[0]
  const base = extension ? names.typeOf(attribute(extension, 'base'), place) : null
  if (base !== null && base.kind !== 'complex') throw new Error(`${place}: expected to extend a complex type`)
  const elements = childrenNamed(extension ?? type, 'sequence').flatMap(each => childrenNamed(each, 'element'))
  return {
    base: base?.name ?? null,
    abstract: attribute(type, 'abstract') === 'true',
    fields: elements.map(element => readField(element, place, names)),
  }
}

function readField(element: Element, place: string, names: NameResolver): FieldShape {
  const name = element.$name ?? ''
  // Values are plain objects, and these every object has already.
  if (name in Object.prototype) throw new Error(`${place}: an element cannot be called '${name}' here`)
  const field: FieldShape = {
    name,
    type: names.typeOf(attribute(element, 'type'), `${place} / element '${name}'`),
    required: attribute(element, 'minOccurs') !== '0',
    repeated: !['1', undefined].includes(attribute(element, 'maxOccurs')),
    nillable: attribute(element, 'nillable') === 'true',
  }
  // A list says that it is empty by having no items; a nil item would be a second way to say nothing.
  if (field.repeated && field.nillable) throw new Error(`${place}: '${name}' is repeated and nillable, expected one`)
  return Object.freeze(field)
}

export function childrenNamed(element: Element, name: string): readonly Element[] {
  return (element.children ?? []).filter(child => child.name === name)
}

/** npm `soap` keeps an attribute as a property with a `$`. */
export function attribute(element: Element, name: string): string | undefined {
  const value: unknown = Reflect.get(element, `$${name}`)
  return typeof value === 'string' ? value : undefined
}

// What a version of the legacy contract looks like to the codec: operations, header blocks and types, plain and frozen.
// It knows the words of a schema (sequence, nillable, extension); it must not know where a shape was read from, nor any
// name of the contract.

export const builtInTypes = [
  'string',
  'int',
  'long',
  'integer',
  'boolean',
  'dateTime',
  'base64Binary',
  'anySimpleType',
] as const

export type BuiltInType = (typeof builtInTypes)[number]

/** What an element holds: a built-in of XML Schema, an enumeration or a complex type, the latter two by name. */
export type TypeReference =
  | { readonly kind: 'builtIn'; readonly name: BuiltInType }
  | { readonly kind: 'enumeration'; readonly name: string }
  | { readonly kind: 'complex'; readonly name: string }

/** One child element of a complex type. */
export interface FieldShape {
  readonly name: string
  readonly type: TypeReference
  /** `minOccurs` is 1: the element is always there, be it nil. */
  readonly required: boolean
  /** `maxOccurs` is unbounded: the field is a list. */
  readonly repeated: boolean
  readonly nillable: boolean
}

export interface ComplexShape {
  readonly name: string
  readonly abstract: boolean
  /** Name of the complex type that this one extends. */
  readonly base: string | null
  /** All children in schema order, inherited ones first. */
  readonly fields: readonly FieldShape[]
  /** Names of the types that extend this one, directly or not. */
  readonly derived: readonly string[]
}

export interface EnumerationShape {
  readonly name: string
  readonly values: readonly string[]
}

/** A global element: in the target namespace, while the children of its type are in none. */
export interface ElementShape {
  readonly name: string
  /** Name of a complex type. */
  readonly type: string
}

/** A header block, named as the WSDL names its message part. */
export interface HeaderPartShape {
  readonly part: string
  readonly element: ElementShape
}

export interface OperationShape {
  readonly name: string
  readonly soapAction: string
  readonly input: ElementShape
  readonly output: ElementShape
  /** The header blocks that the input may carry. */
  readonly headerParts: readonly HeaderPartShape[]
}

/** One version of the contract. Maps keep the order of the file. */
export interface WsdlModel {
  readonly targetNamespace: string
  /** The children of all elements belong to a namespace too, not only the global elements. */
  readonly qualified: boolean
  readonly operations: ReadonlyMap<string, OperationShape>
  /** Every header block that any operation takes, by part name. */
  readonly headerParts: ReadonlyMap<string, HeaderPartShape>
  readonly elements: ReadonlyMap<string, ElementShape>
  readonly complexTypes: ReadonlyMap<string, ComplexShape>
  readonly enumerations: ReadonlyMap<string, EnumerationShape>
}

/** The complex type of that name; a name that no type has is a defect of the caller. */
export function complexShape(model: WsdlModel, name: string): ComplexShape {
  const shape = model.complexTypes.get(name)
  if (shape === undefined) throw new Error(`expected the name of a complex type, got '${name}'`)
  return shape
}

/** The types that may stand where `name` is declared: itself unless abstract, and all that extend it. */
export function substitutes(model: WsdlModel, name: string): readonly ComplexShape[] {
  const declared = complexShape(model, name)
  return [declared, ...declared.derived.map(each => complexShape(model, each))].filter(shape => !shape.abstract)
}

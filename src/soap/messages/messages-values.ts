// The parts that messages of several families are made of: lists of scalars and named values ("attribute" for leads and
// custom objects, "attrib" for everything else). See messages.ts for what holds for all of these types.

export interface ArrayOfString {
  readonly stringItem: readonly string[]
}

export interface ArrayOfInteger {
  readonly integerItem: readonly number[]
}

export interface Attribute {
  readonly attrName: string
  readonly attrType?: string | undefined
  readonly attrValue: string
}

export interface ArrayOfAttribute {
  readonly attribute: readonly Attribute[]
}

export interface ArrayOfKeyList {
  readonly keyList: readonly ArrayOfAttribute[]
}

export interface Attrib {
  readonly name: string
  readonly value: string
}

export interface ArrayOfAttrib {
  readonly attrib: readonly Attrib[]
}

export interface TypeAttrib {
  readonly attrType: string
  readonly attrList?: ArrayOfAttrib | undefined
}

export interface ArrayOfTypeAttrib {
  readonly typeAttrib: readonly TypeAttrib[]
}

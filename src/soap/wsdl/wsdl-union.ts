// One model of all that any version can say: clients mix the version of their WSDL with that of their endpoint, so each
// path takes every request shape, and a reply may hold what only the newest version writes. It knows the words of a
// schema; it must not know any name of the contract, nor which versions there are.

import type { ComplexShape, FieldShape, TypeReference, WsdlModel } from './wsdl-shape.js'

/**
 * The union of versions, oldest first. Where two declare the same field, the newer decides whether it may be absent or
 * nil. Throws an Error where they contradict each other, so that one reading could not serve both.
 */
export function wsdlUnion(versions: readonly WsdlModel[]): WsdlModel {
  const [oldest, ...newer] = versions
  if (oldest === undefined) throw new Error('expected at least one version, got none')
  return newer.reduce(unite, oldest)
}

function unite(older: WsdlModel, newer: WsdlModel): WsdlModel {
  same(older.targetNamespace, newer.targetNamespace, 'the target namespace')
  same(older.qualified, newer.qualified, 'elementFormDefault')
  return {
    targetNamespace: newer.targetNamespace,
    qualified: newer.qualified,
    operations: uniteMaps(older.operations, newer.operations, (a, b) => {
      same(messagesOf(a), messagesOf(b), `operation '${b.name}'`)
      return b
    }),
    headerParts: uniteMaps(older.headerParts, newer.headerParts, (a, b) => same(a, b, `header part '${b.part}'`)),
    elements: uniteMaps(older.elements, newer.elements, (a, b) => same(a, b, `element '${b.name}'`)),
    complexTypes: uniteMaps(older.complexTypes, newer.complexTypes, uniteTypes),
    enumerations: uniteMaps(older.enumerations, newer.enumerations, (a, b) => ({
      name: b.name,
      values: [...new Set([...b.values, ...a.values])],
    })),
  }
}

function messagesOf({ input, output }: { readonly input: object; readonly output: object }): object {
  return { input, output }
}

function uniteTypes(older: ComplexShape, newer: ComplexShape): ComplexShape {
  const place = `type '${newer.name}'`
  same([older.base, older.abstract, older.derived], [newer.base, newer.abstract, newer.derived], place)
  const olderFields = new Map(older.fields.map(field => [field.name, field]))
  const fields = newer.fields.map(field => uniteFields(olderFields.get(field.name), field, newer.name))
  const names = new Set(fields.map(field => field.name))
  // Only older versions have these; where a reader meets them does not matter to it, order is the writer's.
  const dropped = older.fields.filter(field => !names.has(field.name))
  return { ...newer, fields: [...fields, ...dropped] }
}

function uniteFields(older: FieldShape | undefined, newer: FieldShape, owner: string): FieldShape {
  if (older === undefined) return newer
  const place = `${owner}.${newer.name}`
  same(older.repeated, newer.repeated, place)
  return { ...newer, type: widerType(older.type, newer.type, place) }
}

/** Each of these takes all values of those before it. */
const wholeNumbers: readonly string[] = ['int', 'long', 'integer']

function widerType(older: TypeReference, newer: TypeReference, place: string): TypeReference {
  if (older.kind !== 'builtIn' || newer.kind !== 'builtIn') return same(older, newer, place)
  const [a, b] = [wholeNumbers.indexOf(older.name), wholeNumbers.indexOf(newer.name)]
  if (a === -1 || b === -1) return same(older, newer, place)
  return a > b ? older : newer
}

function uniteMaps<Value>(
  older: ReadonlyMap<string, Value>,
  newer: ReadonlyMap<string, Value>,
  unite: (older: Value, newer: Value) => Value,
): Map<string, Value> {
  const united = new Map(older)
  for (const [name, value] of newer) {
    const other = older.get(name)
    united.set(name, other === undefined ? value : unite(other, value))
  }
  return united
}

function same<Value>(older: Value, newer: Value, place: string): Value {
  if (JSON.stringify(older) === JSON.stringify(newer)) return newer
  throw new Error(`${place}: the versions declare it differently, and one reading could not serve both`)
}

// Reads a WSDL with npm `soap`'s model (nothing else of that package) into our own shape. It knows how that model keeps
// names, order, cardinality and nillability; it must not know a single name of the contract, so that each version is a
// file and nothing more. What the codec could not honour is refused here, at start, never in a call.
import { readFile } from 'node:fs/promises'
import { WSDL } from 'soap'
import type { DefinitionsElement, Element } from 'soap/lib/wsdl/elements.js'
import { checkWsdlGrammar, type WsdlCensus } from './wsdl-grammar.js'
import type { ComplexShape, ElementShape, HeaderPartShape, OperationShape, WsdlModel } from './wsdl-shape.js'
import { attribute, childrenNamed, NameResolver, readComplexTypes, readEnumeration } from './wsdl-types.js'

/** Loads a version's file. Rejects with an Error that names the file and the construct that is not understood. */
export async function loadWsdlModel(path: string): Promise<WsdlModel> {
  const text = await readFile(path, 'utf8')
  try {
    return await parseWsdlModel(text)
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** The shape of a WSDL given as text. Rejects with an Error that names the construct that is not understood. */
export async function parseWsdlModel(text: string): Promise<WsdlModel> {
  const { census, prefixes } = checkWsdlGrammar(text)
  const definitions = await readDefinitions(text)
  const targetNamespace = String(definitions.$targetNamespace)
  const schema = definitions.schemas[targetNamespace]
  if (schema === undefined) throw new Error(`expected a schema for the target namespace ${targetNamespace}`)
  const names = new NameResolver(prefixes, targetNamespace, definitions.schemas)

  const enumerations = new Map(Object.keys(schema.types).map(name => [name, readEnumeration(schema, name, names)]))
  // A type is known by its local name alone, whichever of the schemas has it; the census finds one that two have.
  const all = Object.assign({}, ...Object.values(definitions.schemas).map(each => each.complexTypes))
  const complexTypes = readComplexTypes({ complexTypes: all }, names)
  const qualified = attribute(schema, 'elementFormDefault') === 'qualified'
  const elements = new Map<string, ElementShape>()
  for (const [name, element] of Object.entries(schema.elements)) {
    const type = names.typeOf(element.$type, `element '${name}'`)
    if (type.kind !== 'complex') throw new Error(`element '${name}': expected a complex type, got ${type.name}`)
    elements.set(name, Object.freeze({ name, type: type.name }))
  }
  const operations = readOperations(definitions, names, elements)
  const headerParts = new Map<string, HeaderPartShape>()
  for (const operation of operations.values()) {
    for (const header of operation.headerParts) headerParts.set(header.part, header)
  }
  const shapes = { operations, headerParts, elements, complexTypes, enumerations }
  const model: WsdlModel = { targetNamespace, qualified, ...shapes }
  checkCensus(model, census)
  return Object.freeze(model)
}

function readDefinitions(text: string): Promise<DefinitionsElement> {
  return new Promise((resolve, reject) => {
    const wsdl = new WSDL(text, '', {})
    wsdl.onReady(error => {
      if (error) reject(error)
      else resolve(wsdl.definitions)
    })
  })
}

function readOperations(
  definitions: DefinitionsElement,
  names: NameResolver,
  elements: ReadonlyMap<string, ElementShape>,
): Map<string, OperationShape> {
  const bindings = Object.values(definitions.bindings)
  if (bindings.length !== 1) throw new Error(`expected one SOAP binding, got ${bindings.length}`)
  const element = (name: string | undefined, place: string): ElementShape => {
    const shape = name === undefined ? undefined : elements.get(name)
    if (shape === undefined) throw new Error(`${place}: expected a global element, got '${name}'`)
    return shape
  }
  const headerPart = (header: Element, place: string): HeaderPartShape => {
    const message = definitions.messages[names.own(attribute(header, 'message'), place)]
    const part = message && childrenNamed(message, 'part').find(each => each.$name === attribute(header, 'part'))
    if (part === undefined) throw new Error(`${place}: expected soap:header to name a message and its part`)
    return Object.freeze({
      part: part.$name ?? '',
      element: element(names.own(attribute(part, 'element'), place), place),
    })
  }
  return new Map(
    Object.entries(bindings[0]!.methods).map(([name, method]) => {
      const place = `operation '${name}'`
      if (!method.inputSoap || !method.outputSoap) throw new Error(`${place}: expected a bound input and output`)
      const headers = childrenNamed(method.inputSoap as Element, 'header')
      const shape: OperationShape = {
        name,
        soapAction: method.soapAction,
        input: element(method.input?.$name, place),
        output: element(method.output?.$name, place),
        headerParts: Object.freeze(headers.map(header => headerPart(header, place))),
      }
      return [name, Object.freeze(shape)]
    }),
  )
}

/** The model must hold as many of everything as the file declares; else npm `soap` has dropped something. */
function checkCensus(model: WsdlModel, census: WsdlCensus): void {
  const types = [...model.complexTypes.values()]
  const inherited = (type: ComplexShape) => (type.base === null ? 0 : model.complexTypes.get(type.base)!.fields.length)
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
  const held = {
    complexType: types.length,
    simpleType: model.enumerations.size,
    globalElement: model.elements.size,
    operation: model.operations.size,
    boundOperation: model.operations.size,
    localElement: sum(types.map(type => type.fields.length - inherited(type))),
    enumeration: sum([...model.enumerations.values()].map(each => each.values.length)),
    soapHeader: sum([...model.operations.values()].map(each => each.headerParts.length)),
  } satisfies Partial<WsdlCensus>
  for (const [rule, count] of Object.entries(held)) {
    const declared = census[rule as keyof typeof held]
    if (declared !== count) {
      throw new Error(`the file declares ${declared} of ${rule}, but ${count} were understood: is a name used twice?`)
    }
  }
}

// Which WSDL and XML Schema constructs the codec compiler understands: the file is walked and the first thing outside
// of them is refused by name. npm `soap`'s model drops some constructs without a word (a global attribute, a second
// part of a message, a type named like a built-in), so this reading is independent of it, and its census is compared
// with what the model holds. It must not know what any construct means, nor any name of the contract.
import { XMLParser } from 'fast-xml-parser'
import { createXmlReader, defaultXmlLimits } from '../xml/xml-reader.js'

/** How often each construct occurs, by the name of its rule below. */
export type WsdlCensus = Readonly<Record<RuleName, number>>

interface Rule {
  /** Attributes that may occur: the values that are understood, or null for any value. */
  readonly attributes: Readonly<Record<string, readonly string[] | null>>
  /** Attributes that must occur. */
  readonly required?: readonly string[]
  /** Elements that may occur inside, each with the rule that it follows there. */
  readonly children: Readonly<Record<string, RuleName>>
  /** How many of them together, comments for people not counted. */
  readonly childrenMax?: number
}

type RuleName = keyof typeof rules

const yesOrNo = ['true', 'false']
const xmlSchemaUri = 'http://www.w3.org/2001/XMLSchema'
const conventionalPrefixes: Readonly<Record<string, string>> = {
  'http://schemas.xmlsoap.org/wsdl/': 'wsdl',
  'http://schemas.xmlsoap.org/wsdl/soap/': 'soap',
  [xmlSchemaUri]: 'xs',
}

/** Prose for people: allowed everywhere, read nowhere. */
const prose = new Set(['xs:annotation', 'wsdl:documentation'])

const rules = {
  definitions: {
    attributes: { name: null, targetNamespace: null },
    required: ['targetNamespace'],
    children: {
      'wsdl:types': 'types',
      'wsdl:message': 'message',
      'wsdl:portType': 'portType',
      'wsdl:binding': 'binding',
      'wsdl:service': 'service',
    },
  },
  types: { attributes: {}, children: { 'xs:schema': 'schema' }, childrenMax: 2 },
  schema: {
    attributes: { targetNamespace: null, elementFormDefault: ['unqualified', 'qualified'], attributeFormDefault: null },
    required: ['targetNamespace'],
    children: { 'xs:element': 'globalElement', 'xs:complexType': 'complexType', 'xs:simpleType': 'simpleType' },
  },
  globalElement: { attributes: { name: null, type: null }, required: ['name', 'type'], children: {} },
  simpleType: {
    attributes: { name: null },
    required: ['name'],
    children: { 'xs:restriction': 'restriction' },
    childrenMax: 1,
  },
  restriction: { attributes: { base: null }, required: ['base'], children: { 'xs:enumeration': 'enumeration' } },
  enumeration: { attributes: { value: null }, required: ['value'], children: {} },
  complexType: {
    attributes: { name: null, abstract: yesOrNo },
    required: ['name'],
    children: { 'xs:sequence': 'sequence', 'xs:complexContent': 'complexContent' },
    childrenMax: 1,
  },
  complexContent: { attributes: {}, children: { 'xs:extension': 'extension' }, childrenMax: 1 },
  extension: {
    attributes: { base: null },
    required: ['base'],
    children: { 'xs:sequence': 'sequence' },
    childrenMax: 1,
  },
  sequence: { attributes: {}, children: { 'xs:element': 'localElement' } },
  localElement: {
    attributes: {
      name: null,
      type: null,
      minOccurs: ['0', '1'],
      maxOccurs: ['1', '100', 'unbounded'],
      nillable: yesOrNo,
    },
    required: ['name', 'type'],
    children: {},
  },
  message: { attributes: { name: null }, required: ['name'], children: { 'wsdl:part': 'part' }, childrenMax: 1 },
  part: { attributes: { name: null, element: null }, required: ['name', 'element'], children: {} },
  portType: { attributes: { name: null }, required: ['name'], children: { 'wsdl:operation': 'operation' } },
  operation: {
    attributes: { name: null },
    required: ['name'],
    children: { 'wsdl:input': 'messageReference', 'wsdl:output': 'messageReference' },
    childrenMax: 2,
  },
  messageReference: { attributes: { message: null }, required: ['message'], children: {} },
  binding: {
    attributes: { name: null, type: null },
    required: ['name', 'type'],
    children: { 'soap:binding': 'soapBinding', 'wsdl:operation': 'boundOperation' },
  },
  soapBinding: {
    attributes: { style: ['document'], transport: ['http://schemas.xmlsoap.org/soap/http'] },
    required: ['style', 'transport'],
    children: {},
  },
  boundOperation: {
    attributes: { name: null },
    required: ['name'],
    children: { 'soap:operation': 'soapOperation', 'wsdl:input': 'boundInput', 'wsdl:output': 'boundOutput' },
    childrenMax: 3,
  },
  soapOperation: { attributes: { soapAction: null, style: ['document'] }, required: ['soapAction'], children: {} },
  boundInput: { attributes: {}, children: { 'soap:body': 'soapBody', 'soap:header': 'soapHeader' } },
  boundOutput: { attributes: {}, children: { 'soap:body': 'soapBody' }, childrenMax: 1 },
  soapBody: { attributes: { use: ['literal'] }, required: ['use'], children: {} },
  soapHeader: {
    attributes: { message: null, part: null, use: ['literal'] },
    required: ['message', 'part', 'use'],
    children: {},
  },
  service: { attributes: { name: null }, required: ['name'], children: { 'wsdl:port': 'port' }, childrenMax: 1 },
  port: {
    attributes: { name: null, binding: null },
    required: ['name', 'binding'],
    children: { 'soap:address': 'address' },
    childrenMax: 1,
  },
  address: { attributes: { location: null }, required: ['location'], children: {} },
} as const satisfies Record<string, Omit<Rule, 'children'> & { readonly children: Readonly<Record<string, string>> }>

/**
 * Walks a WSDL and throws an Error that names the first construct that the codec compiler does not know, or what is not
 * well-formed (an XmlError). Gives the census and the prefixes, which may be declared on the root only.
 */
export function checkWsdlGrammar(text: string): { census: WsdlCensus; prefixes: ReadonlyMap<string, string> } {
  const root = readTree(text)
  const prefixes = new Map<string, string>()
  for (const [name, value] of root.attributes) if (name.startsWith('xmlns:')) prefixes.set(name.slice(6), value)
  const census = Object.fromEntries(Object.keys(rules).map(name => [name, 0])) as Record<RuleName, number>
  const rootName = expandedName(root.tag, prefixes)
  if (rootName !== 'wsdl:definitions') throw new Error(`expected wsdl:definitions as the root, got ${rootName}`)
  const declarations = root.attributes.filter(([name]) => !name.startsWith('xmlns:'))
  walk({ ...root, attributes: declarations }, 'definitions', '', prefixes, census)
  return { census, prefixes }
}

function walk(
  node: TreeNode,
  ruleName: RuleName,
  within: string,
  prefixes: ReadonlyMap<string, string>,
  census: Record<RuleName, number>,
): void {
  const rule: Rule = rules[ruleName]
  const given = new Map(node.attributes)
  const ownName = given.get('name') ?? given.get('base') ?? given.get('value')
  const place = `${within}${within === '' ? '' : ' / '}${node.tag}${ownName === undefined ? '' : ` '${ownName}'`}`
  census[ruleName]++
  checkAttributes(given, rule, place)

  let count = 0
  for (const child of node.children) {
    const name = expandedName(child.tag, prefixes)
    if (prose.has(name)) continue
    const childRule = Object.hasOwn(rule.children, name) ? rule.children[name] : undefined
    if (childRule === undefined) throw new Error(`${place}: ${name} is not understood here`)
    if (++count > (rule.childrenMax ?? Number.POSITIVE_INFINITY)) {
      throw new Error(`${place}: expected at most ${rule.childrenMax} elements inside, got ${name} as a further one`)
    }
    walk(child, childRule, place, prefixes, census)
  }
}

function checkAttributes(given: ReadonlyMap<string, string>, rule: Rule, place: string): void {
  for (const [name, value] of given) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) throw new Error(`${place}: declare ${name} on wsdl:definitions`)
    const understood = Object.hasOwn(rule.attributes, name) ? rule.attributes[name] : undefined
    if (understood === undefined) throw new Error(`${place}: the attribute ${name} is not understood here`)
    if (understood !== null && !understood.includes(value)) {
      throw new Error(`${place}: expected ${name} to be ${understood.join(' or ')}, got '${value}'`)
    }
  }
  for (const name of rule.required ?? []) {
    if (!given.has(name)) throw new Error(`${place}: expected an attribute ${name}`)
  }
}

/** `xs:choice` whatever prefix the file uses; the URI stands in for a namespace that is none of ours. */
function expandedName(tag: string, prefixes: ReadonlyMap<string, string>): string {
  const colon = tag.indexOf(':')
  const uri = prefixes.get(tag.slice(0, Math.max(colon, 0))) ?? ''
  const localName = tag.slice(colon + 1)
  const prefix = conventionalPrefixes[uri]
  return prefix === undefined ? `{${uri}}${localName}` : `${prefix}:${localName}`
}

interface TreeNode {
  readonly tag: string
  readonly attributes: readonly (readonly [string, string])[]
  readonly children: readonly TreeNode[]
}

function readTree(text: string): TreeNode {
  // fast-xml-parser builds the tree but is no judge of what is well-formed; our own reader is.
  const reader = createXmlReader(text, defaultXmlLimits)
  reader.nextChild()
  reader.skip()
  reader.finish()
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
  })
  const [root] = treeNodes(parser.parse(text))
  return root!
}

/** fast-xml-parser's ordered form: `[{ 'xs:element': [...], ':@': { name: '...' } }, { '#text': '...' }]`. */
function treeNodes(ordered: unknown): TreeNode[] {
  if (!Array.isArray(ordered)) return []
  return ordered.flatMap((entry: Record<string, unknown>) => {
    const tag = Object.keys(entry).find(key => key !== ':@' && key !== '#text')
    if (tag === undefined) return []
    const attributes = Object.entries(entry[':@'] ?? {}).map(([name, value]) => [name, String(value)] as const)
    return [{ tag, attributes, children: treeNodes(entry[tag]) }]
  })
}

// What a WSDL's shape is, and that nothing the codec could not honour gets past loading.
import t from 'tap'
import { loadWsdlModel, parseWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import { complexShape, substitutes } from '../../src/soap/wsdl/wsdl-shape.js'
import { projectRoot } from '../support/project.js'

const schemaTypes =
  '<xs:complexType name="Base" abstract="true"><xs:sequence/></xs:complexType>' +
  '<xs:complexType name="Special"><xs:complexContent><xs:extension base="tns:Base"><xs:sequence>' +
  '<xs:element name="size" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>' +
  '<xs:complexType name="Ask"><xs:sequence><xs:element name="what" type="xs:string" minOccurs="0" nillable="true"/>' +
  '<xs:element name="color" type="tns:Color" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>' +
  '<xs:simpleType name="Color"><xs:restriction base="xs:string"><xs:enumeration value="RED"/>' +
  '<xs:enumeration value="BLUE"/></xs:restriction></xs:simpleType>'

const elements = '<xs:element name="ask" type="tns:Ask"/><xs:element name="answer" type="tns:Ask"/>'

const header = '<soap:header message="tns:H" part="who" use="literal"/>'

function wsdl({
  types = schemaTypes,
  globals = elements,
  parts = '',
  input = header,
  schemaAttributes = '',
} = {}): string {
  return (
    '<w:definitions targetNamespace="urn:t" xmlns:tns="urn:t" xmlns:w="http://schemas.xmlsoap.org/wsdl/" ' +
    'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema">' +
    `<w:types><xs:schema targetNamespace="urn:t"${schemaAttributes}>${types}${globals}</xs:schema></w:types>` +
    '<w:message name="H"><w:part name="who" element="tns:ask"/></w:message>' +
    `<w:message name="In"><w:part name="p" element="tns:ask"/>${parts}</w:message>` +
    '<w:message name="Out"><w:part name="p" element="tns:answer"/></w:message>' +
    '<w:portType name="P"><w:operation name="query"><w:input message="tns:In"/><w:output message="tns:Out"/>' +
    '</w:operation></w:portType><w:binding name="B" type="tns:P">' +
    '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/><w:operation name="query">' +
    `<soap:operation soapAction="urn:t/query"/><w:input><soap:body use="literal"/>${input}</w:input>` +
    '<w:output><soap:body use="literal"/></w:output></w:operation></w:binding>' +
    '<w:service name="S"><w:port name="Q" binding="tns:B"><soap:address location="http://localhost/"/></w:port>' +
    '</w:service></w:definitions>'
  )
}

t.test(
  'a model keeps operations, header parts, order, cardinality, nillability, enumerations and inheritance',
  async t => {
    const model = await parseWsdlModel(wsdl())

    const ask = { name: 'ask', type: 'Ask' }
    const headerPart = { part: 'who', element: ask }
    t.strictSame(model.operations.get('query'), {
      name: 'query',
      soapAction: 'urn:t/query',
      input: ask,
      output: { name: 'answer', type: 'Ask' },
      headerParts: [headerPart],
    })
    t.strictSame([...model.headerParts], [['who', headerPart]])
    t.strictSame(complexShape(model, 'Ask').fields, [
      { name: 'what', type: { kind: 'builtIn', name: 'string' }, required: false, repeated: false, nillable: true },
      { name: 'color', type: { kind: 'enumeration', name: 'Color' }, required: false, repeated: true, nillable: false },
    ])
    t.strictSame(model.enumerations.get('Color')?.values, ['RED', 'BLUE'])
    t.strictSame(
      substitutes(model, 'Base').map(type => type.name),
      ['Special'],
    )
    t.equal(complexShape(model, 'Special').base, 'Base')
  },
)

t.test('a model cannot be changed', async t => {
  const model = await parseWsdlModel(wsdl())

  t.ok(Object.isFrozen(model))
  t.ok(Object.isFrozen(complexShape(model, 'Ask').fields[0]))
  t.ok(Object.isFrozen(complexShape(model, 'Ask').fields[0]?.type))
  t.ok(Object.isFrozen(model.operations.get('query')))
})

t.test('the contract takes its workspace header on syncLead alone', async t => {
  const model = await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`)

  const taking = [...model.operations.values()].filter(operation =>
    operation.headerParts.some(({ part }) => part === 'mktowsContext'),
  )
  t.same(
    taking.map(operation => operation.name),
    ['syncLead'],
  )
  for (const operation of model.operations.values()) {
    t.equal(operation.headerParts[0]?.part, 'authentication')
    t.equal(operation.soapAction, `${model.targetNamespace}${operation.name}`)
  }
})

const askWith = (content: string) => ({
  types: schemaTypes.replace('name="Ask"><xs:sequence>', `name="Ask"><xs:sequence>${content}`),
})

const refused: readonly (readonly [string, Parameters<typeof wsdl>[0], RegExp])[] = [
  ['a choice', askWith('<xs:choice/>'), /complexType 'Ask' \/ xs:sequence: xs:choice is not understood here/],
  ['a wildcard', askWith('<xs:any/>'), /xs:any is not understood/],
  ['a nested sequence', askWith('<xs:sequence/>'), /xs:sequence is not understood/],
  ['a reference', askWith('<xs:element ref="tns:ask"/>'), /the attribute ref is not understood/],
  ['a default', askWith('<xs:element name="d" type="xs:int" default="1"/>'), /'d': the attribute default is not/],
  ['an anonymous type', askWith('<xs:element name="d"><xs:complexType/></xs:element>'), /expected an attribute type/],
  [
    'a bounded list',
    askWith('<xs:element name="d" type="xs:int" maxOccurs="5"/>'),
    /expected maxOccurs to be 1 or 100 or unb/,
  ],
  ['a type that is not there', askWith('<xs:element name="d" type="tns:Nope"/>'), /the type 'tns:Nope' is not under/],
  ['a built-in we do not read', askWith('<xs:element name="d" type="xs:float"/>'), /the type 'xs:float' is not under/],
  [
    'a nillable list',
    askWith('<xs:element name="d" type="xs:int" maxOccurs="unbounded" nillable="true"/>'),
    /'d' is rep/,
  ],
  ['an element twice', askWith('<xs:element name="what" type="xs:int"/>'), /expected each element once, got 'what'/],
  ['a name that objects have', askWith('<xs:element name="toString" type="xs:int"/>'), /cannot be called 'toString'/],
  [
    'an attribute',
    {
      types: schemaTypes.replace(
        '</xs:sequence></xs:complexType>',
        '</xs:sequence><xs:attribute name="a"/></xs:complexType>',
      ),
    },
    /xs:attribute is not understood/,
  ],
  [
    'a global attribute',
    { globals: `${elements}<xs:attribute name="a" type="xs:int"/>` },
    /xs:attribute is not unders/,
  ],
  ['an import', { types: `<xs:import namespace="urn:o"/>${schemaTypes}` }, /xs:import is not understood/],
  [
    'a facet',
    { types: schemaTypes.replace('<xs:enumeration value="RED"/>', '<xs:pattern value="R"/>') },
    /xs:pattern is not/,
  ],
  [
    'an enumeration of numbers',
    { types: schemaTypes.replace('base="xs:string"', 'base="xs:int"') },
    /restriction of string/,
  ],
  [
    'children of no known form',
    { schemaAttributes: ' elementFormDefault="mixed"' },
    /elementFormDefault to be unqualified or qualified/,
  ],
  [
    'a type that is there twice',
    { types: `${schemaTypes}<xs:complexType name="Ask"/>` },
    /declares 4 of complexType, but 3/,
  ],
  // npm soap drops this one without a word.
  [
    'a type named like a built-in',
    { types: `${schemaTypes}<xs:complexType name="date"/>` },
    /declares 4 of complexType, but 3/,
  ],
  ['a second part', { parts: '<w:part name="q" element="tns:ask"/>' }, /message 'In': expected at most 1/],
  ['an encoded body', { input: '<soap:body use="encoded"/>' }, /expected use to be literal, got 'encoded'/],
  [
    'a header of no message',
    { input: '<soap:header message="tns:N" part="x" use="literal"/>' },
    /expected soap:header to/,
  ],
  [
    'an element of a simple type',
    { globals: `${elements}<xs:element name="s" type="xs:int"/>` },
    /expected a complex type/,
  ],
]

for (const [what, parts, message] of refused) {
  t.test(`${what} is refused by name when the file is loaded`, async t => {
    await t.rejects(parseWsdlModel(wsdl(parts)), message)
  })
}

t.test('a file that is no XML, no WSDL or not there says which file', async t => {
  await t.rejects(parseWsdlModel('<a'), /expected/)
  await t.rejects(parseWsdlModel('<a/>'), /expected wsdl:definitions as the root, got {}a/)
  await t.rejects(loadWsdlModel(`${projectRoot}package.json`), /package\.json: /)
  await t.rejects(loadWsdlModel(`${projectRoot}wsdl/mktows-0_0.wsdl`), /mktows-0_0\.wsdl/)
})

// What real clients send and what we make of it: each leniency of the legacy service, and where it ends.
import t from 'tap'
import { describeFinding, type Finding, type UnknownChild } from '../../src/soap/codec/codec-findings.js'
import { decodeCompiler } from '../../src/soap/codec/compile-decode.js'
import { loadWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import type { ComplexShape, FieldShape, WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { createXmlReader, defaultXmlLimits, XmlError } from '../../src/soap/xml/xml-reader.js'
import { projectRoot } from '../support/project.js'

const contract = await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`)

const namespaces =
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ' +
  'xmlns:ns1="http://www.marketo.com/mktows/"'

function read(type: string, content: string, model: WsdlModel = contract) {
  const findings: Finding[] = []
  const unknown: UnknownChild[] = []
  const reader = createXmlReader(`<p ${namespaces}>${content}</p>`, defaultXmlLimits)
  reader.nextChild()
  const onUnknown = (child: UnknownChild) => unknown.push(child)
  const value = decodeCompiler(model)(type)(reader, 'p', { findings, onUnknown })
  reader.finish()
  return { value, findings: findings.map(describeFinding), unknown }
}

const clean = (value: object) => ({ value, findings: [], unknown: [] })

t.test('children count by local name, in any order and whatever namespace they have', async t => {
  const unqualified = '<leadRecord><Email>a@x.example</Email></leadRecord><returnLead>true</returnLead>'
  const meant = clean({ leadRecord: { Email: 'a@x.example' }, returnLead: true })

  t.strictSame(read('ParamsSyncLead', unqualified), meant)
  t.strictSame(
    read(
      'ParamsSyncLead',
      '<returnLead xmlns="undefined">1</returnLead><leadRecord><Email>a@x.example</Email></leadRecord>',
    ),
    meant,
  )
  t.strictSame(
    read(
      'ParamsSyncLead',
      '<ns1:leadRecord><ns1:Email>a@x.example</ns1:Email></ns1:leadRecord><ns1:returnLead>true</ns1:returnLead>',
    ),
    meant,
  )
})

t.test('absent, nil and empty all mean that nothing was given', async t => {
  const empty =
    '<leadRecord><Id/><Email></Email><ForeignSysPersonId xsi:nil="true"/><ForeignSysType> </ForeignSysType>' +
    '<leadAttributeList/></leadRecord><returnLead/><marketoCookie></marketoCookie><moveCookie xsi:nil="1"/>'

  t.strictSame(read('ParamsSyncLead', empty), clean({ leadRecord: {} }))
  t.strictSame(read('ParamsSyncLead', '<leadRecord/>'), clean({}))
  t.strictSame(read('StreamPosition', '<latestCreatedAt/><offset/>'), clean({}))
})

t.test('nil is believed even where the element has a value, and only when it is true', async t => {
  t.strictSame(read('LeadRecord', '<Id xsi:nil="TRUE">7</Id><Email xsi:nil="false">a</Email>'), clean({ Email: 'a' }))
})

t.test('a required string that is empty is the empty string, one that could be nil is not given', async t => {
  const attribute = '<attrName>City</attrName><attrType/><attrValue/>'

  t.strictSame(read('Attribute', attribute), clean({ attrName: 'City', attrValue: '' }))
  t.strictSame(read('Attribute', '<attrName>City</attrName><attrValue xsi:nil="true"/>'), clean({ attrName: 'City' }))
  t.strictSame(read('ParamsImportToList', '<campaignName/>'), clean({}))
})

t.test('white space in a string is data, around anything else it is not', async t => {
  t.strictSame(read('Attribute', '<attrValue> </attrValue>'), clean({ attrValue: ' ' }))
  t.strictSame(
    read('LeadRecord', '<Id>\n 7 </Id><ForeignSysType> SFDC </ForeignSysType>'),
    clean({ Id: 7, ForeignSysType: 'SFDC' }),
  )
})

t.test('lists are always lists, and every record keeps its place', async t => {
  const records =
    '<leadRecordList><leadRecord/><leadRecord xsi:nil="true"/><leadRecord><Id>3</Id></leadRecord></leadRecordList>'

  t.strictSame(read('ParamsSyncMultipleLeads', records), clean({ leadRecordList: { leadRecord: [{}, {}, { Id: 3 }] } }))
  t.strictSame(read('ArrayOfString', '<stringItem/><stringItem>b</stringItem>'), clean({ stringItem: ['', 'b'] }))
  t.strictSame(read('ArrayOfKeyList', '<keyList/>'), clean({ keyList: [{ attribute: [] }] }))
  t.strictSame(read('ArrayOfInteger', '<integerItem/><integerItem>2</integerItem>'), clean({ integerItem: [2] }))
  t.strictSame(read('ArrayOfString', ''), clean({ stringItem: [] }))
})

t.test('booleans are read in every spelling that clients use', async t => {
  for (const text of ['true', 'True', 'TRUE', '1', ' true ']) {
    t.strictSame(read('ParamsSyncLead', `<returnLead>${text}</returnLead>`), clean({ returnLead: true }))
  }
  for (const text of ['false', 'False', '0']) {
    t.strictSame(read('ParamsSyncLead', `<returnLead>${text}</returnLead>`), clean({ returnLead: false }))
  }
})

t.test('whole numbers are read strictly and within their range', async t => {
  const id = (text: string) => read('LeadRecord', `<Id>${text}</Id>`)

  t.strictSame(id('04828').value, { Id: 4828 })
  t.strictSame(id(' +7 ').value, { Id: 7 })
  t.strictSame(id('-2147483648').value, { Id: -2147483648 })
  t.strictSame(id('-0').value, { Id: 0 })
  for (const text of ['2147483648', '1.0', '1e3', '0x10', '12 3', 'seven', '٣']) {
    t.strictSame(id(text).findings, [`p.Id: expected a whole number from -2147483648 to 2147483647, got '${text}'`])
  }
  t.strictSame(read('ActivityRecord', '<id>9007199254740991</id>').value, { id: 9007199254740991 })
  t.match(read('ActivityRecord', '<id>9007199254740993</id>').findings, [/^p.id: expected a whole number/])
})

t.test('a date and time stays the text that was sent, if it is one', async t => {
  const position = (text: string) => read('StreamPosition', `<oldestCreatedAt>${text}</oldestCreatedAt>`)

  t.strictSame(position(' 2014-02-13T11:51:08.710-08:00 '), clean({ oldestCreatedAt: '2014-02-13T11:51:08.710-08:00' }))
  t.strictSame(position('2016-06-01 10:00:00 +0900'), clean({ oldestCreatedAt: '2016-06-01 10:00:00 +0900' }))
  t.strictSame(position('yesterday').findings, [
    "p.oldestCreatedAt: expected a date and time such as 2026-01-31T09:30:00-08:00, got 'yesterday'",
  ])
})

t.test('a value outside an enumeration is left to the rules', async t => {
  t.strictSame(read('LeadKey', '<keyType>PHONE</keyType>'), clean({ keyType: 'PHONE' }))
})

t.test('all findings of a message come together, each with its path', async t => {
  const { value, findings } = read(
    'ParamsSyncMultipleLeads',
    '<leadRecordList><leadRecord><Id>1</Id></leadRecord><leadRecord><Id>two</Id><Email>b</Email></leadRecord>' +
      '</leadRecordList><dedupEnabled>maybe</dedupEnabled>',
  )

  t.strictSame(findings, [
    "p.leadRecordList.leadRecord[1].Id: expected a whole number from -2147483648 to 2147483647, got 'two'",
    "p.dedupEnabled: expected true, false, 1 or 0, got 'maybe'",
  ])
  t.strictSame(value, { leadRecordList: { leadRecord: [{ Id: 1 }, { Email: 'b' }] } })
})

t.test('a long value is quoted in part', async t => {
  t.strictSame(read('LeadRecord', `<Id>${'9'.repeat(500)}</Id>`).findings, [
    `p.Id: expected a whole number from -2147483648 to 2147483647, got '${'9'.repeat(60)}...'`,
  ])
})

t.test('one element given twice is a finding, unless one of them gives nothing', async t => {
  const twice = read('LeadRecord', '<Email>a@x.example</Email><Email>b@x.example</Email>')

  t.strictSame(twice.findings, ['p.Email: expected this element once, got it again: send it once'])
  t.strictSame(read('LeadRecord', '<Id xsi:nil="true"/><Id>7</Id><Id/>'), clean({ Id: 7 }))
})

t.test('unknown and mis-spelt elements are passed over and reported with their text and where they stood', async t => {
  const { value, findings, unknown } = read(
    'ParamsSyncLead',
    '<leadRecord><email>a@x.example</email><Id>7</Id><toString>x<b>y</b></toString></leadRecord><extra/>',
  )

  t.strictSame(value, { leadRecord: { Id: 7 } })
  t.strictSame(findings, [])
  t.strictSame(
    unknown.map(({ path, localName, text }) => [path, localName, text]),
    [
      ['p.leadRecord.email', 'email', 'a@x.example'],
      ['p.leadRecord.toString', 'toString', 'x'],
      ['p.extra', 'extra', ''],
    ],
  )
  t.equal(unknown[0]?.parent, value.leadRecord)
})

t.test('a string that xsi:type calls base64 is the text inside it', async t => {
  const city = (text: string, type = 'xsd:base64Binary') =>
    read('Attribute', `<attrValue xsi:type="${type}">${text}</attrValue>`)

  t.strictSame(city('R3LDvMOf\nZQ=='), clean({ attrValue: 'Grüße' }))
  t.strictSame(city('R3LDvMOfZQ==', 'SOAP-ENC:base64'), clean({ attrValue: 'Grüße' }))
  t.strictSame(city(''), clean({ attrValue: '' }))
  t.strictSame(city('Turin', 'xsd:string'), clean({ attrValue: 'Turin' }))
  t.strictSame(city('no base64!').findings, ["p.attrValue: expected base64, as xsi:type says, got 'no base64!'"])
  t.strictSame(city('/w==').findings, ["p.attrValue: expected base64 of UTF-8 text, got '/w=='"])
})

t.test('xsi:type on a scalar is of no other consequence', async t => {
  t.strictSame(read('LeadRecord', '<Id xsi:type="xsd:string">7</Id>'), clean({ Id: 7 }))
})

t.test('a selector is what xsi:type calls it, by any prefix or none', async t => {
  const meant = clean({
    leadSelector: { keyType: 'EMAIL', keyValues: { stringItem: ['a'] }, $type: 'LeadKeySelector' },
  })
  const selector = (attribute: string) =>
    read(
      'ParamsGetMultipleLeads',
      `<leadSelector ${attribute}><keyType>EMAIL</keyType>` +
        '<keyValues><stringItem>a</stringItem></keyValues></leadSelector>',
    )

  t.strictSame(selector('xsi:type="ns1:LeadKeySelector"'), meant)
  t.strictSame(selector('xmlns:q1="http://www.marketo.com/mktows/" xsi:type=" q1:LeadKeySelector "'), meant)
  t.strictSame(selector('xsi:type="LeadKeySelector"'), meant)
  t.strictSame(selector('xsi:type="unbound:LeadKeySelector"'), meant)
})

t.test('without xsi:type a selector is what its children say', async t => {
  const selector = (content: string) => read('ParamsGetMultipleLeads', `<leadSelector>${content}</leadSelector>`)

  t.strictSame(
    selector('<oldestUpdatedAt>2013-01-01T00:00:00Z</oldestUpdatedAt>'),
    clean({ leadSelector: { oldestUpdatedAt: '2013-01-01T00:00:00Z', $type: 'LastUpdateAtSelector' } }),
  )
  t.strictSame(
    selector('<staticListName>L</staticListName>'),
    clean({ leadSelector: { staticListName: 'L', $type: 'StaticListSelector' } }),
  )
  t.strictSame(selector(''), clean({}))
  t.match(selector('<keyType>EMAIL</keyType><staticListId>1</staticListId>').findings, [
    /^p.leadSelector: expected the children of one of LeadKeySelector, .*, got keyType, staticListId$/,
  ])
  t.match(selector('<other/>').findings, [/got none of them$/])
})

t.test('a selector that names itself something else is a finding', async t => {
  const { value, findings } = read(
    'ParamsGetMultipleLeads',
    '<leadSelector xsi:type="ns1:Everyone"><a/></leadSelector>',
  )

  t.strictSame(value, {})
  t.match(findings, [/^p.leadSelector: expected xsi:type to be LeadKeySelector or .*, got 'Everyone'$/])
})

t.test('an empty selector that names its form has that form', async t => {
  t.strictSame(
    read('ParamsGetMultipleLeads', '<leadSelector xsi:type="ns1:StaticListSelector"/>'),
    clean({ leadSelector: { $type: 'StaticListSelector' } }),
  )
})

const field = (name: string, type: FieldShape['type'], repeated = false): FieldShape => ({
  name,
  type,
  required: false,
  repeated,
  nillable: false,
})

function modelOf(types: readonly (Partial<ComplexShape> & { readonly name: string })[]): WsdlModel {
  const shapes = types.map(type => ({ abstract: false, base: null, fields: [], derived: [], ...type }))
  return { ...contract, complexTypes: new Map(shapes.map(shape => [shape.name, shape])) }
}

t.test('a type may contain itself, also by way of a type that has forms', async t => {
  const model = modelOf([
    { name: 'Base', derived: ['Node'] },
    {
      name: 'Node',
      base: 'Base',
      fields: [field('child', { kind: 'complex', name: 'Base' }), field('n', { kind: 'builtIn', name: 'int' })],
    },
    { name: 'Tree', fields: [field('tree', { kind: 'complex', name: 'Tree' }, true)] },
  ])

  t.strictSame(read('Node', '<child><child><n>2</n></child></child>', model).value, {
    child: { child: { n: 2, $type: 'Node' }, $type: 'Node' },
  })
  t.strictSame(read('Tree', '<tree><tree/></tree>', model).value, { tree: [{ tree: [{ tree: [] }] }] })
})

t.test('forms that no child could tell apart are refused when they are compiled', async t => {
  const model = modelOf([
    { name: 'Base', abstract: true, derived: ['A', 'B'] },
    { name: 'A', base: 'Base', fields: [field('x', { kind: 'builtIn', name: 'int' })] },
    { name: 'B', base: 'Base', fields: [field('x', { kind: 'builtIn', name: 'string' })] },
    { name: 'Holder', fields: [field('base', { kind: 'complex', name: 'Base' })] },
  ])

  t.throws(() => decodeCompiler(model)('Holder'), /the forms of Base declare 'x' differently/)
  t.throws(() => decodeCompiler(model)('Nobody'), /expected the name of a complex type, got 'Nobody'/)
})

t.test('what is not well-formed is the reader to tell', async t => {
  t.throws(() => read('LeadRecord', '<Id>7</id>'), XmlError)
})

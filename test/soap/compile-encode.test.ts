// Replies as strict clients need them, and the replies that we refuse to send.
import t from 'tap'
import { ianaZone, utcZone } from '../../src/soap/codec/codec-date-time.js'
import { compileEnvelopeEncoder } from '../../src/soap/codec/codec-envelope-encode.js'
import { EncodeError, encodeCompiler } from '../../src/soap/codec/compile-encode.js'
import { loadWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import type { WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { projectRoot } from '../support/project.js'

const model = await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`)
const encode = compileEnvelopeEncoder(model)
const encoderOf = encodeCompiler(model)
const write = (type: string, value: object) => encoderOf(type)(value, { usesXsi: false })

t.test(
  'a reply has the recorded form: its prefixes, their order, unqualified children, nil for what is not there',
  async t => {
    const text = encode(
      'syncLead',
      { result: { leadId: 4711, syncStatus: { leadId: 4711, status: 'CREATED' } } },
      '1.1',
    )

    t.equal(
      text,
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" ' +
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns1="http://www.marketo.com/mktows/">' +
        '<SOAP-ENV:Body><ns1:successSyncLead><result><leadId>4711</leadId><syncStatus><leadId>4711</leadId>' +
        '<status>CREATED</status><error xsi:nil="true"/></syncStatus><leadRecord xsi:nil="true"/></result>' +
        '</ns1:successSyncLead></SOAP-ENV:Body></SOAP-ENV:Envelope>\n',
    )
  },
)

t.test('xsi is declared only where a nil occurs, not where a text speaks of it', async t => {
  const full = { Id: 1, Email: '<Email xsi:nil="true"/>', ForeignSysPersonId: '1', ForeignSysType: 'SFDC' }
  const leadAttributeList = { attribute: [] }
  const reply = (record: object) => ({ result: { count: 1, leadRecordList: { leadRecord: [record] } } })

  t.notMatch(encode('getLead', reply({ ...full, leadAttributeList }), '1.1'), 'xmlns:xsi')
  t.match(encode('getLead', reply(full), '1.1'), '<leadAttributeList xsi:nil="true"/>')
})

t.test('null and undefined are both nil where the schema has nil, and left out where it has not', async t => {
  t.equal(
    write('SyncStatus', { leadId: 1, status: 'FAILED', error: null }),
    '<leadId>1</leadId><status>FAILED</status><error xsi:nil="true"/>',
  )
  t.equal(write('MObjStatus', { id: undefined, status: 'FAILED' }), '<id xsi:nil="true"/><status>FAILED</status>')
})

t.test('children are in schema order, whatever the order of the value', async t => {
  t.equal(
    write('CampaignRecord', { description: '', name: 'N', id: 1 }),
    '<id>1</id><name>N</name><description></description>',
  )
})

t.test('text is escaped, and what XML cannot say is replaced', async t => {
  const value = (text: string) => write('Attrib', { name: 'n', value: text }).slice('<name>n</name><value>'.length, -8)

  t.equal(value('a & b < c > d "e" \'f\''), 'a &amp; b &lt; c &gt; d "e" \'f\'')
  t.equal(value('\t\n\r'), '\t\n&#13;')
  t.equal(value(`a${String.fromCharCode(0, 8, 11, 31)}b`), 'a\ufffd\ufffd\ufffd\ufffdb')
  t.equal(value('\ufffe\uffff'), '\ufffd\ufffd')
  t.equal(value('\ud83c\udf0d \ud83c \udf0d'), '🌍 \ufffd \ufffd')
  t.equal(value('\u0085\u007f€'), '\u0085\u007f€')
})

t.test('times are written in whole seconds with the offset of the zone', async t => {
  const at = Date.parse('2026-07-01T12:00:00.999Z')
  const position = (options: Parameters<typeof encodeCompiler>[1], value: unknown) =>
    encodeCompiler(model, options)('StreamPosition')({ oldestCreatedAt: value }, { usesXsi: false })

  t.match(
    position({ prefix: 'ns1', zone: utcZone }, at),
    '<oldestCreatedAt>2026-07-01T12:00:00+00:00</oldestCreatedAt>',
  )
  t.match(position({ prefix: 'ns1', zone: ianaZone('America/Chicago') }, at), '>2026-07-01T07:00:00-05:00<')
  t.match(position({ prefix: 'ns1', zone: utcZone }, '2026-07-01T12:00:00.5Z'), '>2026-07-01T12:00:00.5Z<')
})

t.test('a value of a type with forms says which form it has', async t => {
  const marks = { usesXsi: false }
  const text = encodeCompiler(model, { prefix: 'q', zone: utcZone })('ParamsGetMultipleLeads')(
    { leadSelector: { $type: 'StaticListSelector', staticListId: 7 } },
    marks,
  )

  t.match(
    text,
    '<leadSelector xsi:type="q:StaticListSelector"><staticListName xsi:nil="true"/><staticListId>7</staticListId>',
  )
  t.ok(marks.usesXsi)
})

const refused: readonly (readonly [string, string, object, RegExp])[] = [
  ['a missing required value', 'LeadKey', { keyType: 'EMAIL' }, /^LeadKey.keyValue: expected a value, got undefined$/],
  ['null for a required value', 'LeadKey', { keyType: 'EMAIL', keyValue: null }, /expected a value, got null/],
  [
    'a token outside the enumeration',
    'LeadKey',
    { keyType: 'PHONE', keyValue: '1' },
    /keyType: expected one of IDNUM, /,
  ],
  ['a number as text', 'LeadKey', { keyType: 'IDNUM', keyValue: 7 }, /keyValue: expected a string, got 7/],
  ['a fraction', 'LeadRecord', { Id: 1.5 }, /Id: expected a whole number from -2147483648 to 2147483647, got 1.5/],
  ['a number past the range', 'LeadRecord', { Id: 2 ** 31 }, /got 2147483648/],
  ['a text for a number', 'LeadRecord', { Id: '7' }, /got string/],
  [
    'a truthy text for a boolean',
    'ParamsSyncLead',
    { leadRecord: {}, returnLead: '0' },
    /expected a boolean, got string/,
  ],
  ['a lenient time', 'StreamPosition', { oldestCreatedAt: '2026-01-31 09:30:00' }, /expected epoch milliseconds or/],
  ['a day that no month has', 'StreamPosition', { oldestCreatedAt: '2026-02-30T09:30:00Z' }, /expected epoch mill/],
  ['no time at all', 'StreamPosition', { oldestCreatedAt: Number.NaN }, /got NaN/],
  ['a year of five digits', 'StreamPosition', { oldestCreatedAt: 8.64e15 }, /expected a year of four digits/],
  [
    'a single item for a list',
    'ArrayOfString',
    { stringItem: 'a' },
    /^ArrayOfString.stringItem: expected a list, got string/,
  ],
  ['a list for a record', 'ParamsGetLead', { leadKey: [] }, /leadKey: expected an object, got a list/],
  ['an item that is nothing', 'ArrayOfLeadKey', { leadKey: [null] }, /expected an object/],
  ['base64 that is none', 'ArrayOfBase64Binary', { base64Binary: ['a'] }, /expected base64 text/],
  [
    'a form that is none',
    'ParamsGetMultipleLeads',
    { leadSelector: { $type: 'LeadSelector' } },
    /expected \$type to be/,
  ],
  ['a form that is not told', 'ParamsGetMultipleLeads', { leadSelector: { staticListId: 7 } }, /expected \$type to be/],
]

for (const [what, type, value, message] of refused) {
  t.test(`${what} is never sent: it is our defect`, async t => {
    t.throws(() => write(type, value), { name: 'EncodeError', message })
  })
}

t.test('what only a newer version has is left out; what none has is our defect', async t => {
  const older: WsdlModel = withoutField(model, 'LeadChangeRecord', 'marketoGUID')
  const record = { id: 7, marketoGUID: '7', activityDateTime: 0, activityType: 'New Lead', mktPersonId: '1' }
  const olderForm = encodeCompiler(older, { prefix: 'ns1', zone: utcZone, sayable: model })('LeadChangeRecord')

  t.notMatch(olderForm(record, { usesXsi: false }), 'marketoGUID')
  t.equal(
    olderForm(record, { usesXsi: false }),
    write('LeadChangeRecord', record).replace('<marketoGUID>7</marketoGUID>', ''),
  )
  t.throws(() => olderForm({ ...record, guid: '7' }, { usesXsi: false }), {
    name: 'EncodeError',
    message: /^LeadChangeRecord: expected a key that some version of the contract has, got 'guid'$/,
  })
  t.throws(() => write('LeadKey', { $type: 'LeadKey', keyType: 'EMAIL', keyValue: '' }), { message: /got '\$type'/ })
})

function withoutField(model: WsdlModel, type: string, name: string): WsdlModel {
  const shape = model.complexTypes.get(type)!
  const fields = shape.fields.filter(field => field.name !== name)
  return { ...model, complexTypes: new Map(model.complexTypes).set(type, { ...shape, fields }) }
}

t.test('a defect names the field and no string value', async t => {
  const leadKey = { keyType: 'ada@example.org', keyValue: '1' }

  t.throws(() => write('ParamsGetLead', { leadKey }), EncodeError)
  try {
    write('ParamsGetLead', { leadKey })
  } catch (error) {
    t.notMatch(String(error), 'ada@example.org')
  }
})

t.test('an operation that the contract lacks has no reply', async t => {
  const anyOperation = compileEnvelopeEncoder<Record<string, { reply: object }>>(model)

  t.throws(() => anyOperation('deleteLead', {}, '1.1'), /expected an operation of the contract, got 'deleteLead'/)
  t.throws(() => encoderOf('LeadSelector'), /expected a type with one form/)
})

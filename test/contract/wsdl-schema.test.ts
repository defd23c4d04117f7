// The wire as clients' toolkits will see it: what we write is valid against the schema that we serve, by libxml2's
// judgement, and what is valid against it we read back unchanged.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { compileEnvelopeDecoder } from '../../src/soap/codec/codec-envelope-decode.js'
import { compileEnvelopeEncoder } from '../../src/soap/codec/codec-envelope-encode.js'
import { serveWsdl } from '../../src/soap/wsdl/serve-wsdl.js'
import { parseWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import { encodeRequest, type RequestValues } from './request-envelope.js'
import { messageSchema } from './schema.js'
import { emptiestValue, fullestValues, type RecordValue, withoutEmptyRecords } from './shape-values.js'

const wsdlText = readFileSync(new URL('../../wsdl/mktows-3_1.wsdl', import.meta.url), 'utf8')
const model = await parseWsdlModel(wsdlText)
const schema = messageSchema(serveWsdl(wsdlText, 'https://api.example.org/soap/mktows/3_1'))
const decode = compileEnvelopeDecoder(model)
const encode = compileEnvelopeEncoder<Record<string, { reply: object }>>(model)
const encodeCall = encodeRequest(model)

const operationNames = [
  'deleteMObjects',
  'describeMObject',
  'getMObjects',
  'syncMObjects',
  'getCampaignsForSource',
  'getImportToListStatus',
  'getLead',
  'getLeadActivity',
  'getLeadChanges',
  'getMultipleLeads',
  'importToList',
  'listMObjects',
  'listOperation',
  'requestCampaign',
  'scheduleCampaign',
  'syncLead',
  'syncMultipleLeads',
  'syncCustomObjects',
  'deleteCustomObjects',
  'getCustomObjects',
  'mergeLeads',
  'getChannels',
  'getTags',
]

t.test('version 3_1 declares the 23 operations and the number of types that the legacy service did', async t => {
  t.same([...model.operations.keys()], operationNames)
  t.equal(schema.count('simpleType'), 15)
  t.equal(schema.count('complexType'), 127)
  t.equal(schema.count('element'), 48)
  t.equal(model.enumerations.size, 15)
  t.equal(model.complexTypes.size, 127)
  t.equal(model.elements.size, 48)
})

for (const operation of model.operations.values()) {
  t.test(`every reply of ${operation.name} that we can write is valid`, async t => {
    const replies = [...fullestValues(model, operation.output.type), emptiestValue(model, operation.output.type)]

    for (const reply of replies) {
      const text = encode(operation.name, reply, '1.1')

      t.same(schema.envelopeProblems(text), [], text)
    }
  })

  t.test(`a valid request of ${operation.name} is read as it was meant`, async t => {
    for (const values of requestsOf(operation.name)) {
      const text = encodeCall(operation.name, values)

      t.same(schema.envelopeProblems(text), [], text)
      const reading = decode(text)
      t.same(reading.type === 'request' && reading.findings, [])
      t.strictSame(
        reading.type === 'request' && reading.params,
        withoutEmptyRecords(model, operation.input.type, values.params),
      )
      t.strictSame(reading.type === 'request' && reading.header.blocks, values.blocks)
    }
  })
}

t.test('the oracle sees a reply that the schema forbids', async t => {
  const text = encode('syncLead', { result: { leadId: 1, syncStatus: { leadId: 1, status: 'CREATED' } } }, '1.1')

  t.same(schema.envelopeProblems(text), [])
  t.match(schema.envelopeProblems(text.replace('<status>CREATED</status>', '')), [/error/])
  t.match(schema.envelopeProblems(text.replace('CREATED', 'SKIPPED')).join(), /SKIPPED/)
  t.match(schema.envelopeProblems(text.replaceAll('successSyncLead', 'successSync')), [/successSync/])
})

t.test('a SOAP 1.2 call is answered in the namespace of SOAP 1.2', async t => {
  const text = encode('requestCampaign', { result: { success: true } }, '1.2')

  t.match(text, 'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"')
  t.same(schema.envelopeProblems(text), [])
})

function requestsOf(operation: string): RequestValues[] {
  const { input, headerParts } = model.operations.get(operation)!
  const blocksOf = (value: (type: string) => RecordValue) =>
    Object.fromEntries(headerParts.map(({ part, element }) => [part, value(element.type)]))
  return [
    ...fullestValues(model, input.type).map(params => ({
      params,
      blocks: blocksOf(type => fullestValues(model, type)[0]!),
    })),
    { params: emptiestValue(model, input.type), blocks: blocksOf(type => emptiestValue(model, type)) },
  ]
}

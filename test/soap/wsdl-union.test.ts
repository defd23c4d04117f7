// One reading for the requests of all versions, and what keeps two versions from being read as one.
import t from 'tap'
import { parseWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import type { ComplexShape, FieldShape, WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { wsdlUnion } from '../../src/soap/wsdl/wsdl-union.js'
import { projectText } from '../support/project.js'

const oldest = await parseWsdlModel(projectText('wsdl/mktows-2_1.wsdl')!)
const newest = await parseWsdlModel(projectText('wsdl/mktows-3_1.wsdl')!)
const union = wsdlUnion([oldest, newest])

const fieldOf = (model: WsdlModel, type: string, name: string) =>
  model.complexTypes.get(type)!.fields.find(field => field.name === name)

/** The model with another shape of one field. */
function withField(model: WsdlModel, type: string, name: string, traits: Partial<FieldShape>): WsdlModel {
  const fields = model.complexTypes
    .get(type)!
    .fields.map(field => (field.name === name ? { ...field, ...traits } : field))
  return withType(model, type, { fields })
}

function withType(model: WsdlModel, type: string, traits: Partial<ComplexShape>): WsdlModel {
  const shape = { ...model.complexTypes.get(type)!, ...traits }
  return { ...model, complexTypes: new Map(model.complexTypes).set(type, shape) }
}

t.test('a field that only one version has is in the union, be it the old one or the new one', async t => {
  t.ok(fieldOf(union, 'ParamsListOperation', 'skipActivityLog'))
  t.ok(fieldOf(union, 'ParamsSyncLead', 'moveCookie'))
  t.ok(union.enumerations.get('ListOperationType')!.values.includes('CLEARLIST'))
  t.equal(union.operations.size, 23)
})

t.test('the newer version decides what may be absent, and the wider number what may be read', async t => {
  t.match(fieldOf(union, 'MObjStatus', 'id'), { nillable: true })
  t.match(fieldOf(union, 'ActivityRecord', 'id'), { required: false, nillable: true, type: { name: 'long' } })
  const turned = wsdlUnion([newest, oldest])
  t.match(fieldOf(turned, 'ActivityRecord', 'id'), { required: true, nillable: false, type: { name: 'long' } })
})

t.test('the union of one version is that version', async t => {
  t.strictSame(wsdlUnion([newest]), newest)
  t.throws(() => wsdlUnion([]), /at least one version/)
})

const contradictions: readonly (readonly [string, WsdlModel, RegExp])[] = [
  ['a list that was one value', withField(newest, 'LeadKey', 'keyValue', { repeated: true }), /LeadKey.keyValue: /],
  [
    'a number that was a text',
    withField(newest, 'LeadKey', 'keyValue', { type: { kind: 'builtIn', name: 'int' } }),
    /LeadKey.keyValue: /,
  ],
  [
    'a record that was a scalar',
    withField(newest, 'LeadKey', 'keyValue', { type: { kind: 'complex', name: 'Attrib' } }),
    /LeadKey.keyValue: /,
  ],
  ['a type with forms that had none', withType(newest, 'LeadKey', { derived: ['LeadStatus'] }), /type 'LeadKey': /],
  ['another namespace', { ...newest, targetNamespace: 'urn:other' }, /the target namespace: /],
  [
    'another type of a global element',
    { ...newest, elements: new Map(newest.elements).set('paramsGetLead', { name: 'paramsGetLead', type: 'LeadKey' }) },
    /element 'paramsGetLead': /,
  ],
]

for (const [what, model, message] of contradictions) {
  t.test(`${what} is refused at start`, async t => {
    t.throws(() => wsdlUnion([oldest, model]), { message })
  })
}

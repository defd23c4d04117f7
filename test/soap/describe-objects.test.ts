// listMObjects, describeMObject, getTags, getChannels, and the operations that nothing here will ever carry out.
import t from 'tap'
import { aMessage, aSoapFace, resultOf, type SoapFace, type Tree } from '../support/soap-face.js'

const describe = (face: SoapFace, name: string) =>
  face.send(aMessage(`<ns1:paramsDescribeMObject><objectName>${name}</objectName></ns1:paramsDescribeMObject>`))

interface Described {
  readonly name: string
  readonly displayName: string
  readonly dataType: string
  readonly isReadonly: string
  readonly isCustom: string
  readonly isPrimaryKey: string
  readonly updatedAt: string
}

async function metadataOf(face: SoapFace, name: string): Promise<Tree> {
  return resultOf(await describe(face, name)).metadata!
}

async function fieldsOf(face: SoapFace, name: string): Promise<readonly Described[]> {
  return (await metadataOf(face, name)).fieldList!.field as unknown as readonly Described[]
}

const namesOf = async (face: SoapFace, name: string) => (await fieldsOf(face, name)).map(field => field.name)

t.test('the objects are listed in the documented order', async t => {
  const face = await aSoapFace()
  for (const content of ['<ns1:paramsListMObjects/>', '<ns1:paramsListMObjects></ns1:paramsListMObjects>']) {
    t.same(resultOf(await face.send(aMessage(content, { as: 'reader' }))).objects, [
      'ActivityRecord',
      'LeadRecord',
      'Opportunity',
      'OpportunityPersonRole',
    ])
  }
})

t.test('every object that is listed is described, valid to strict readers', async t => {
  const face = await aSoapFace()
  const { objects } = resultOf(await face.send(aMessage('<ns1:paramsListMObjects/>')))

  for (const name of objects as unknown as string[]) {
    const metadata = await metadataOf(face, name)
    t.equal(metadata.name, name)
    t.equal(metadata.isCustom, 'false')
    t.match(metadata.updatedAt, '2010-01-01T00:00:00+00:00')
    t.ok((await fieldsOf(face, name)).every(field => field.displayName !== '' && field.dataType !== ''))
  }
})

t.test('a lead has the fields that there are, custom ones too, the key first', async t => {
  const face = await aSoapFace()
  await face.service.fields.add({ name: 'Pants__c', label: 'Pants', type: 'integer' })

  const fields = await fieldsOf(face, 'LeadRecord')

  t.match(fields[0], { name: 'Id', isPrimaryKey: 'true', isReadonly: 'true' })
  const field = (name: string) => fields.find(each => each.name === name)
  t.match(field('Unsubscribed'), { displayName: 'Unsubscribed', dataType: 'boolean', isReadonly: 'false' })
  t.match(field('LeadScore'), { displayName: 'Lead Score', dataType: 'score' })
  t.match(field('InferredCompany'), { isReadonly: 'true' })
  t.match(field('Pants__c'), { displayName: 'Pants', dataType: 'integer', isCustom: 'true', isReadonly: 'false' })
  const names = fields.slice(1).map(({ name }) => name.toLowerCase())
  t.same(names, [...names].sort())
})

t.test('a field that another process added is described', async t => {
  const face = await aSoapFace()
  await face.store.addField({
    name: 'Hat',
    jsonName: 'hat',
    label: 'Hat',
    type: 'string',
    isReadOnly: false,
    isCustom: true,
  })

  t.ok((await namesOf(face, 'LeadRecord')).includes('Hat'))
})

t.test('an activity has its fields in the documented order', async t => {
  t.same(await namesOf(await aSoapFace(), 'ActivityRecord'), [
    'id',
    'activityDateTime',
    'activityType',
    'mktgAssetName',
    'activityAttributes',
    'campaign',
    'personName',
    'mktPersonId',
    'foreignSysId',
    'orgName',
    'foreignSysOrgId',
  ])
})

t.test('what is not kept here is described as read-only', async t => {
  const face = await aSoapFace()
  for (const name of ['Opportunity', 'OpportunityPersonRole']) {
    t.ok((await fieldsOf(face, name)).every(({ isReadonly }) => isReadonly === 'true'))
    t.match((await metadataOf(face, name)).description, /not kept/)
  }
})

t.test('the name of an object may be in any letter case, but must be one', async t => {
  const face = await aSoapFace()

  t.equal((await metadataOf(face, ' leadrecord ')).name, 'LeadRecord')
  t.match((await describe(face, 'Horse')).fault, {
    code: '20110',
    message: /^Object name is not valid: expected one of ActivityRecord, .*, got 'Horse'/,
  })
  t.match((await describe(face, '')).fault, { code: '20109' })
})

t.test('there are no tags and no channels', async t => {
  const face = await aSoapFace()
  const { text: tags } = await face.send(aMessage('<ns1:paramsGetTags/>', { as: 'reader' }))
  const { text: channels } = await face.send(
    aMessage('<ns1:paramsGetChannels><tag><type>Channel</type></tag></ns1:paramsGetChannels>'),
  )

  t.match(tags, '<ns1:successGetTags><result><tagList></tagList></result></ns1:successGetTags>')
  t.match(channels, '<ns1:successGetChannels><result><tags></tags></result></ns1:successGetChannels>')
})

t.test('operations on what is not kept say so, and what to do', async t => {
  const face = await aSoapFace()
  const told = async (name: string) => (await face.send(aMessage(`<ns1:params${name}/>`))).fault

  for (const name of ['GetMObjects', 'SyncMObjects', 'DeleteMObjects']) {
    t.match(await told(name), { code: '20019', message: /MObjects is not supported .*opportunities .* CRM/ }, name)
  }
  for (const name of ['GetCustomObjects', 'SyncCustomObjects', 'DeleteCustomObjects']) {
    t.match(await told(name), { code: '20019', message: /CustomObjects is not supported .*fields of the lead/ }, name)
  }
})

// getLead through the endpoint: each key type, and what is said where nobody has the key.
import t from 'tap'
import { duplicatesShownMax } from '../../src/soap/operations/get-lead.js'
import {
  aGetLead,
  aMessage,
  aSoapFace,
  aSyncLead,
  resultOf,
  type SoapFace,
  someAttributes,
} from '../support/soap-face.js'

async function save(face: SoapFace, record: string, rest = ''): Promise<number> {
  return Number(resultOf(await face.send(aSyncLead(record, `<returnLead>false</returnLead>${rest}`))).leadId)
}

/** Ids in the order of the reply. */
async function idsOf(face: SoapFace, keyType: string, keyValue: string): Promise<readonly number[]> {
  const { count, leadRecordList } = resultOf(await face.send(aGetLead(keyType, keyValue)))
  const ids = [leadRecordList?.leadRecord ?? []].flat().map(({ Id }) => Number(Id))
  if (ids.length !== Number(count)) throw new Error(`count is ${count}, but ${ids.length} records came`)
  return ids
}

async function faultOf(face: SoapFace, keyType: string, keyValue: string) {
  const { fault } = await face.send(aGetLead(keyType, keyValue))
  return fault === null ? null : [fault.code, fault.message]
}

t.test('a person is found by id, address, cookie and Salesforce ids', async t => {
  const face = await aSoapFace()
  const cookie = 'id:000-AAA-111&amp;token:_mch-x.example-1-2'
  const foreign = '<ForeignSysPersonId>003A</ForeignSysPersonId><ForeignSysType>SFDC</ForeignSysType>'
  const id = await save(face, `<Email>ada@x.example</Email>`, `<marketoCookie>${cookie}</marketoCookie>`)
  const other = await save(face, `<Email>bob@x.example</Email>${foreign}`)

  t.same(await idsOf(face, 'IDNUM', String(id)), [id])
  t.same(await idsOf(face, 'IDNUM', ` ${id}\n`), [id])
  t.same(await idsOf(face, 'EMAIL', 'ADA@x.example'), [id])
  t.same(await idsOf(face, 'EMAIL', ' ada@X.example '), [id])
  t.same(await idsOf(face, 'COOKIE', cookie), [id])
  t.same(await idsOf(face, 'SFDCCONTACTID', '003A'), [other])
  t.same(await idsOf(face, 'SFDCLEADID', '003A'), [other])
  t.same(await idsOf(face, 'email', 'ada@x.example'), [id])
})

t.test('an id of Salesforce is found in its long and its short form', async t => {
  const face = await aSoapFace()
  const foreign = (id: string) => `<ForeignSysPersonId>${id}</ForeignSysPersonId><ForeignSysType>SFDC</ForeignSysType>`
  const short = await save(face, foreign('001A0000006Vm9r'))
  const long = await save(face, foreign('00QD000000f9ZzXMAU'))

  t.same(await idsOf(face, 'SFDCLEADID', '001A0000006Vm9rIAC'), [short])
  t.same(await idsOf(face, 'SFDCLEADID', '001A0000006Vm9r'), [short])
  t.same(await idsOf(face, 'SFDCCONTACTID', '00QD000000f9ZzXMAU'), [long])
  t.same(await faultOf(face, 'SFDCLEADID', '001A0000006Vm9rIAA'), [
    '20103',
    'No lead found with SFDCLEADID = 001A0000006Vm9rIAA (20103)',
  ])
  t.match(await faultOf(face, 'SFDCLEADID', '001a0000006vm9r'), ['20103', /./], 'capitals tell ids apart')
})

t.test('one person has the recorded reply, byte for byte', async t => {
  const face = await aSoapFace()
  await save(face, `<Id>4711</Id><Email>ada@x.example</Email>${someAttributes(['City', 'Turin'])}`)

  const { text } = await face.send(aGetLead('IDNUM', '4711'))

  t.match(
    text,
    '<ns1:successGetLead><result><count>1</count><leadRecordList><leadRecord><Id>4711</Id>' +
      '<Email>ada@x.example</Email><ForeignSysPersonId xsi:nil="true"/><ForeignSysType xsi:nil="true"/>' +
      '<leadAttributeList><attribute><attrName>City</attrName><attrType>string</attrType>' +
      '<attrValue>Turin</attrValue></attribute></leadAttributeList></leadRecord></leadRecordList></result>' +
      '</ns1:successGetLead>',
  )
})

t.test('people that share an address all come, newest id first, up to a bound', async t => {
  const face = await aSoapFace()
  for (let id = 1; id <= duplicatesShownMax + 5; id++) {
    await save(face, `<Id>${id}</Id><Email>shared@x.example</Email>`)
  }
  const ids = await idsOf(face, 'EMAIL', 'shared@x.example')

  t.equal(ids.length, duplicatesShownMax)
  t.same(
    ids,
    Array.from({ length: duplicatesShownMax }, (_, index) => duplicatesShownMax + 5 - index),
  )
})

t.test('a key that nobody has is the recorded fault and never an empty list', async t => {
  const face = await aSoapFace()

  t.same(await faultOf(face, 'EMAIL', 'nobody@x.example'), [
    '20103',
    'No lead found with EMAIL = nobody@x.example (20103)',
  ])
  for (const keyType of ['IDNUM', 'COOKIE', 'SFDCACCOUNTID', 'SFDCCONTACTID', 'SFDCLEADID', 'SFDCOPPTYID']) {
    t.same(await faultOf(face, keyType, '7'), ['20103', `No lead found with ${keyType} = 7 (20103)`])
  }
})

t.test('values that cannot be a key are keys that nobody has', async t => {
  const face = await aSoapFace()
  await save(face, '<Id>12</Id><Email>twelve@x.example</Email>')

  for (const value of [
    '12abc',
    '12.0',
    '0x0c',
    '12 12',
    '-1',
    '0',
    '1.5',
    '99999999999',
    `${'9'.repeat(400)}`,
    'NaN',
  ]) {
    t.match(await faultOf(face, 'IDNUM', value), ['20103', /^No lead found with IDNUM = /], value)
  }
  for (const value of ['ada', 'a b@x.example', '@', 'x'.repeat(100_000)]) {
    t.match(await faultOf(face, 'EMAIL', value), ['20103', /^No lead found with EMAIL = /], value.slice(0, 20))
  }
  for (const keyType of ['COOKIE', 'SFDCLEADID']) {
    t.match(await faultOf(face, keyType, 'x'.repeat(100_000)), ['20103', /= x{320}\.\.\. \(20103\)$/])
  }
})

t.test('owners are answered with their own code', async t => {
  const face = await aSoapFace()

  for (const keyType of ['LEADOWNEREMAIL', 'SFDCLEADOWNERID']) {
    t.match(await faultOf(face, keyType, 'x'), ['20108', /./])
  }
})

t.test('a key type that the contract does not have is named, with those that it has', async t => {
  const face = await aSoapFace()

  t.match(await faultOf(face, 'PHONE', '1'), ['20102', /expected one of IDNUM, COOKIE, EMAIL, .*, got 'PHONE'/])
})

t.test('a missing key is told', async t => {
  const face = await aSoapFace()
  for (const key of [
    '',
    '<leadKey/>',
    '<leadKey><keyType>EMAIL</keyType></leadKey>',
    '<leadKey><keyType>EMAIL</keyType><keyValue> </keyValue></leadKey>',
    '<leadKey><keyValue>1</keyValue></leadKey>',
  ]) {
    const { fault } = await face.send(aMessage(`<ns1:paramsGetLead>${key}</ns1:paramsGetLead>`))
    t.match(fault, { code: '20101', string: '20101 - Lead key required' }, key)
  }
})

t.test('a credential that may only read may read', async t => {
  const face = await aSoapFace()
  await save(face, '<Email>a@x.example</Email>')

  t.equal((await face.send(aGetLead('EMAIL', 'a@x.example', { as: 'reader' }))).fault, null)
})

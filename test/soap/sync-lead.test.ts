// syncLead through the endpoint: which person a record means, what its attributes do, and what comes back.
import t from 'tap'
import { aKey } from '../support/builders.js'
import {
  aGetLead,
  aMessage,
  aSoapFace,
  aSyncLead,
  attributesIn,
  resultOf,
  type SoapFace,
  someAttributes,
  type Tree,
} from '../support/soap-face.js'

const returnLead = '<returnLead>true</returnLead>'

/** Saves a record and gives the id and the status of the reply. */
async function save(face: SoapFace, record: string, rest?: string): Promise<{ id: number; status: Tree }> {
  const { syncStatus, leadId } = resultOf(await face.send(aSyncLead(record, rest)))
  return { id: Number(leadId), status: syncStatus!.status! }
}

async function recordOf(face: SoapFace, id: number): Promise<Tree> {
  return resultOf(await face.send(aGetLead('IDNUM', String(id)))).leadRecordList!.leadRecord!
}

async function faultOf(face: SoapFace, record: string, rest?: string) {
  const { fault } = await face.send(aSyncLead(record, rest))
  return fault === null ? null : [fault.code, fault.message]
}

const isOut = async (face: SoapFace, address: string) =>
  (await face.store.status(aKey(address))).status.status === 'unsubscribed'

t.test('a new address makes a person, a known one changes it', async t => {
  const face = await aSoapFace()
  const first = await save(face, '<Email>ada@x.example</Email>')
  const second = await save(face, '<Email>ADA@x.example</Email>')

  t.equal(first.status, 'CREATED')
  t.same(second, { id: first.id, status: 'UPDATED' })
})

t.test('the reply has ids, status, nil error and no record unless it was asked for', async t => {
  const face = await aSoapFace()
  const { text } = await face.send(aSyncLead('<Email>ada@x.example</Email>'))

  t.match(
    text,
    /<ns1:successSyncLead><result><leadId>(\d+)<\/leadId><syncStatus><leadId>\1<\/leadId><status>CREATED<\/status>/,
  )
  t.match(text, '<error xsi:nil="true"/></syncStatus><leadRecord xsi:nil="true"/></result></ns1:successSyncLead>')
})

t.test('with returnLead the reply shows the person as it is now', async t => {
  const face = await aSoapFace()
  await save(face, `<Email>ada@x.example</Email>${someAttributes(['City', 'Turin'])}`)
  const record = `<Email>ada@x.example</Email>${someAttributes(['LastName', 'Lovelace'])}`

  const { leadRecord } = resultOf(await face.send(aSyncLead(record, returnLead)))

  t.equal(leadRecord?.Email, 'ada@x.example')
  t.same(attributesIn(leadRecord), [
    ['City', 'Turin'],
    ['LastName', 'Lovelace'],
  ])
})

t.test('an unsubscribe reaches every person of the address', async t => {
  const face = await aSoapFace()
  const ada = await save(face, '<Email>ada@x.example</Email>')
  const other = await save(face, '<Id>77</Id><Email>Ada@X.example</Email>')

  await save(face, `<Id>${ada.id}</Id>${someAttributes(['Unsubscribed', '1'], ['UnsubscribedReason', 'by phone'])}`)

  t.not(other.id, ada.id)
  t.ok(await isOut(face, 'ada@x.example'))
  t.same(attributesIn(await recordOf(face, other.id)), [
    ['Unsubscribed', '1'],
    ['UnsubscribedReason', 'by phone'],
  ])
})

t.test('Id goes before foreign id, foreign id before cookie, cookie before Email', async t => {
  const face = await aSoapFace()
  const foreign = '<ForeignSysPersonId>F1</ForeignSysPersonId><ForeignSysType>CUSTOM</ForeignSysType>'
  const cookie = '<returnLead>false</returnLead><marketoCookie>id:000&amp;token:_mch-x</marketoCookie>'
  const byEmail = await save(face, '<Email>email@x.example</Email>')
  const byCookie = await save(face, '<Email>cookie@x.example</Email>', cookie)
  const byForeignId = await save(face, `<Email>foreign@x.example</Email>${foreign}`)
  const byId = await save(face, '<Id>5</Id><Email>id@x.example</Email>')

  const all = `<Email>email@x.example</Email>${foreign}`

  t.equal((await save(face, '<Email>email@x.example</Email>')).id, byEmail.id)
  t.equal((await save(face, '<Email>email@x.example</Email>', cookie)).id, byCookie.id)
  t.equal((await save(face, all, cookie)).id, byForeignId.id)
  t.equal((await save(face, `<Id>5</Id>${all}`, cookie)).id, byId.id)
  t.equal(byId.id, 5)
})

t.test('a foreign id without a type is a CUSTOM one', async t => {
  const face = await aSoapFace()
  const made = await save(face, '<ForeignSysPersonId>F1</ForeignSysPersonId>')

  const found = '<ForeignSysPersonId>F1</ForeignSysPersonId><ForeignSysType>CUSTOM</ForeignSysType>'
  t.same(await save(face, found), { id: made.id, status: 'UPDATED' })
  const other = '<ForeignSysPersonId>F1</ForeignSysPersonId><ForeignSysType>NETSUITE</ForeignSysType>'
  t.equal((await save(face, other)).status, 'CREATED')
})

t.test('an unknown ForeignSysType is named', async t => {
  const face = await aSoapFace()
  const record = '<ForeignSysPersonId>F1</ForeignSysPersonId><ForeignSysType>SIEBEL</ForeignSysType>'

  t.same(await faultOf(face, record), [
    '20110',
    "ForeignSysType: expected CUSTOM, SFDC or NETSUITE, got 'SIEBEL' (20110)",
  ])
})

t.test('a cookie moves to another person only when it is told to', async t => {
  const face = await aSoapFace()
  const cookie = (move: boolean) =>
    `<returnLead>false</returnLead><marketoCookie>c1</marketoCookie><moveCookie>${move}</moveCookie>`
  const first = await save(face, '<Email>a@x.example</Email>', cookie(false))
  const second = await save(face, '<Email>b@x.example</Email>', cookie(true))
  const owner = resultOf(await face.send(aGetLead('COOKIE', 'c1')))

  t.not(second.id, first.id)
  t.equal(owner.leadRecordList?.leadRecord?.Id, String(second.id))
})

t.test('the Email element is the key, an Email attribute that differs is the new value', async t => {
  const face = await aSoapFace()
  const { id } = await save(face, '<Email>old@x.example</Email>')
  const saved = await save(face, `<Email>old@x.example</Email>${someAttributes(['Email', 'new@x.example'])}`)

  t.same(saved, { id, status: 'UPDATED' })
  t.equal((await recordOf(face, id)).Email, 'new@x.example')
})

t.test('an Id element goes before an attribute Id', async t => {
  const face = await aSoapFace()

  t.equal((await save(face, `<Id>5</Id><Email>a@x.example</Email>${someAttributes(['Id', '6'])}`)).id, 5)
})

t.test('an Email beside an Id changes the address', async t => {
  const face = await aSoapFace()
  const { id } = await save(face, '<Email>old@x.example</Email>')
  await save(face, `<Id>${id}</Id><Email>new@x.example</Email>`)

  t.equal((await recordOf(face, id)).Email, 'new@x.example')
})

t.test('a blank Email attribute takes the address away', async t => {
  const face = await aSoapFace()
  const { id } = await save(face, '<Email>old@x.example</Email>')
  await save(face, `<Id>${id}</Id>${someAttributes(['Email', ' '])}`)

  t.match((await recordOf(face, id)).Email, { '@nil': 'true' })
})

t.test('an empty value is not mentioned, a blank clears, a flag cannot be cleared', async t => {
  const face = await aSoapFace()
  const { id } = await save(
    face,
    `<Email>a@x.example</Email>${someAttributes(['City', 'Turin'], ['Title', 'Countess'], ['Unsubscribed', '1'])}`,
  )
  const list = someAttributes(['City', ''], ['Title', ' '], ['Unsubscribed', ' '], ['Email', ''])
  await save(face, `<Id>${id}</Id>${list}`)

  t.same(attributesIn(await recordOf(face, id)), [
    ['City', 'Turin'],
    ['Unsubscribed', '1'],
    ['UnsubscribedReason', 'SOAP API'],
  ])
})

t.test('every form of a boolean sets the flag, and anything else is refused by name', async t => {
  const face = await aSoapFace()
  for (const [text, out] of [
    ['1', true],
    ['0', false],
    ['true', true],
    ['false', false],
    ['True', true],
    ['FALSE', false],
    [' 1 ', true],
  ] as const) {
    await save(face, `<Email>a@x.example</Email>${someAttributes(['Unsubscribed', text])}`)
    t.equal(await isOut(face, 'a@x.example'), out, text)
  }

  t.same(await faultOf(face, `<Email>a@x.example</Email>${someAttributes(['Unsubscribed', 'maybe'])}`), [
    '20110',
    "Unsubscribed: expected true, false, 1 or 0, got 'maybe' (20110)",
  ])
})

t.test('a flag that is given both ways changes nothing and is told', async t => {
  const face = await aSoapFace()
  const both = someAttributes(['Unsubscribed', '1'], ['unsubscribed', '0'])

  t.match(await faultOf(face, `<Email>a@x.example</Email>${both}`), ['20110', /got both/])
  t.equal((await face.store.head()).seq, 0)
})

t.test('attribute names are found in any case and under both their names', async t => {
  const face = await aSoapFace()
  const { id } = await save(
    face,
    `<Email>a@x.example</Email>${someAttributes(['CITY', 'Turin'], ['dateOfBirth', '1815-12-10'])}`,
  )

  t.same(attributesIn(await recordOf(face, id)), [
    ['City', 'Turin'],
    ['DateofBirth', '1815-12-10'],
  ])
})

t.test('unknown attributes are the recorded fault, all are named, nothing is saved', async t => {
  const face = await aSoapFace()
  const list = someAttributes(['pants', 'red'], ['City', 'Turin'], ['shoes', 'x'], ['pants', 'blue'])

  t.same(await faultOf(face, `<Email>a@x.example</Email>${list}`), [
    '20105',
    'syncLead operation failed: unknown fields for import: pants, shoes (20105)',
  ])
  t.equal((await face.store.head()).seq, 0)
})

t.test('where the operator accepts unknown fields, they are kept as strings', async t => {
  const face = await aSoapFace({ acceptUnknownFields: true })
  const { id } = await save(face, `<Email>a@x.example</Email>${someAttributes(['Pants__c', 'red'], ['City', 'Turin'])}`)

  t.same(attributesIn(await recordOf(face, id)), [
    ['City', 'Turin'],
    ['Pants__c', 'red'],
  ])
})

t.test('a read-only field is passed over, and the call is UPDATED all the same', async t => {
  const face = await aSoapFace()
  await save(face, '<Email>a@x.example</Email>')
  const { id, status } = await save(
    face,
    `<Email>a@x.example</Email>${someAttributes(['InferredCompany', 'X'], ['City', 'Turin'])}`,
  )

  t.equal(status, 'UPDATED')
  t.same(attributesIn(await recordOf(face, id)), [['City', 'Turin']])
})

t.test('the word null is kept where it may be text, and says nothing where it cannot be a value', async t => {
  const face = await aSoapFace()
  const numbers = someAttributes(['LeadScore', '7'], ['Unsubscribed', '1'])
  const { id } = await save(face, `<Email>a@x.example</Email>${numbers}`)
  const nulls = ['LeadScore', 'Unsubscribed', 'DateofBirth', 'DoNotCall', 'Email', 'City'].map(
    name => [name, 'null'] as const,
  )
  await save(face, `<Id>${id}</Id>${someAttributes(...nulls)}`)

  t.same(attributesIn(await recordOf(face, id)), [
    ['City', 'null'],
    ['LeadScore', '7'],
    ['Unsubscribed', '1'],
    ['UnsubscribedReason', 'SOAP API'],
  ])
})

t.test('all values that cannot be read are told in one fault, and nothing is saved', async t => {
  const face = await aSoapFace()
  const list = someAttributes(['LeadScore', 'much'], ['DateofBirth', '2026-02-30'], ['Email', 'nowhere'])

  t.same(await faultOf(face, `<Id>5</Id>${list}`), [
    '20110',
    "LeadScore: expected a whole number, got 'much'; DateofBirth: expected a date that exists, got '2026-02-30'; " +
      "Email: expected local@domain, got no @, in 'nowhere' (20110)",
  ])
  t.equal((await face.store.head()).seq, 0)
})

t.test('an Email that is no address is refused with what is wrong', async t => {
  const face = await aSoapFace()

  t.same(await faultOf(face, '<Email>ada</Email>'), [
    '20110',
    "Email: expected local@domain, got no @, in 'ada' (20110)",
  ])
})

t.test('an attribute without a name is refused', async t => {
  const face = await aSoapFace()
  const list =
    '<leadAttributeList><attribute><attrName>City</attrName><attrValue>T</attrValue></attribute>' +
    '<attribute><attrValue>x</attrValue></attribute></leadAttributeList>'

  t.match(await faultOf(face, `<Email>a@x.example</Email>${list}`), ['20110', /attrName .* in number 2/])
})

t.test('a call without a record, or a record that names nobody, is told so', async t => {
  const face = await aSoapFace()
  const send = async (body: string) =>
    (await face.send(aMessage(`<ns1:paramsSyncLead>${body}</ns1:paramsSyncLead>`))).fault

  t.match(await send(''), { code: '20104', string: '20104 - Lead detail required' })
  t.match(await send('<returnLead>true</returnLead>'), { code: '20104' })
  t.match(await send(`<leadRecord>${someAttributes(['City', 'Turin'])}</leadRecord>`), {
    code: '20101',
    string: '20101 - Lead key required',
  })
  t.match(await send('<leadRecord><Email></Email><Id/></leadRecord>'), { code: '20101' })
})

t.test('an Id that nobody has makes nobody, unless another key says who is meant', async t => {
  const face = await aSoapFace()

  t.same(await faultOf(face, '<Id>4711</Id>'), ['20103', 'No lead found with IDNUM = 4711 (20103)'])
  t.same(await save(face, '<Id>4711</Id><Email>a@x.example</Email>'), { id: 4711, status: 'CREATED' })
})

t.test('zero and negative ids are taken as not given', async t => {
  const face = await aSoapFace()
  const { id } = await save(face, '<Email>a@x.example</Email>')

  for (const none of ['0', '-1', '-0', ' 0 ']) {
    t.equal((await save(face, `<Id>${none}</Id><Email>a@x.example</Email>`)).id, id, none)
    t.match(await faultOf(face, `<Id>${none}</Id>`), ['20101', /./], none)
  }
})

t.test('an Id that is no number of ours is a clear fault', async t => {
  const face = await aSoapFace()

  for (const hostile of ['12abc', '1e3', '0x10', '4711.0', '99999999999', '2147483648', '１２']) {
    t.match(await faultOf(face, `<Id>${hostile}</Id>`), ['20110', /Id: expected a whole number/], hostile)
    const asAttribute = `<Email>a@x.example</Email>${someAttributes(['Id', hostile])}`
    t.match(await faultOf(face, asAttribute), ['20110', /Id: expected a (whole )?number/], `${hostile} as attribute`)
  }
  t.equal((await face.store.head()).seq, 0)
})

t.test('keys that are too long for anybody to have are refused, not cut', async t => {
  const face = await aSoapFace()
  const long = (length: number) => 'k'.repeat(length)

  t.match(await faultOf(face, `<ForeignSysPersonId>${long(256)}</ForeignSysPersonId>`), ['20110', /at most 255/])
  t.match(await faultOf(face, '<Email>a@x.example</Email>', `<marketoCookie>${long(513)}</marketoCookie>`), [
    '20110',
    /at most 512/,
  ])
  t.match(await faultOf(face, `<Email>${long(1_000)}@x.example</Email>`), ['20110', /320 characters/])
  t.match(await faultOf(face, `<Email>a@x.example</Email>${someAttributes(['City', long(65_536)])}`), [
    '20110',
    /City: expected at most 65535/,
  ])
  const many = Array.from({ length: 16 }, () => ['City', long(65_000)] as const)
  t.match(await faultOf(face, `<Email>a@x.example</Email>${someAttributes(...many)}`), ['20110', /1000000/])
})

t.test('only the workspace Default can be named', async t => {
  const face = await aSoapFace()
  const named = (name: string) => ({
    blocks: `<ns1:MktowsContextHeader><targetWorkspace>${name}</targetWorkspace></ns1:MktowsContextHeader>`,
  })
  const send = async (name: string) =>
    (await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named(name)))).fault

  for (const name of ['default', 'Default', 'DEFAULT', '']) t.equal(await send(name), null, name)
  t.match(await send('Japan'), {
    code: '20110',
    message: "targetWorkspace: expected Default or a workspace that there is, got unknown 'Japan' (20110)",
  })
})

t.test('a guarded policy refuses to re-subscribe by SOAP, and says what it needs', async t => {
  const face = await aSoapFace({ policy: { resubscribe: 'guarded', addressChange: 'reset' } })
  await save(face, `<Email>a@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)

  t.match(await faultOf(face, `<Email>a@x.example</Email>${someAttributes(['Unsubscribed', '0'])}`), [
    '20106',
    /opted out.*a stated reason/,
  ])
  t.ok(await isOut(face, 'a@x.example'))
})

t.test(
  'a person made with the flag off on an address that opted out stays out, without a word in the reply',
  async t => {
    const face = await aSoapFace()
    await save(face, `<Email>a@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)
    const record = `<Id>9</Id><Email>a@x.example</Email>${someAttributes(['Unsubscribed', '0'])}`
    const reply = await face.send(aSyncLead(record))

    t.equal(resultOf(reply).syncStatus?.status, 'CREATED')
    t.match(resultOf(reply).syncStatus?.error, { '@nil': 'true' })
    t.ok(await isOut(face, 'a@x.example'))
  },
)

t.test('history names the face as source and the credential as actor', async t => {
  const face = await aSoapFace()
  await save(face, `<Email>a@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)
  const [entry] = await face.store.log({ after: 0, limit: 1 })

  t.match(entry, { source: 'SOAP API', actor: 'MKTOWS_000-AAA-111_1' })
})

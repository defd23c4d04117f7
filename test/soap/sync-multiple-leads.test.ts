// syncMultipleLeads through the endpoint: a status for each record in its order, and what one bad record may not spoil.
import t from 'tap'
import { StoreUnavailable } from '../../src/service/ports.js'
import { recordsMax } from '../../src/soap/operations/sync-multiple-leads.js'
import { aKey } from '../support/builders.js'
import { createMemoryStore } from '../support/memory-store.js'
import {
  aGetLead,
  aMessage,
  aSoapFace,
  attributesIn,
  type HeaderTraits,
  resultOf,
  type SoapFace,
  someAttributes,
  type Tree,
} from '../support/soap-face.js'

interface Status {
  readonly leadId: string
  readonly status: string
  readonly error: string | null
}

function aSyncMultiple(records: readonly string[], rest = '', traits: HeaderTraits = {}): string {
  const list = records.map(record => `<leadRecord>${record}</leadRecord>`).join('')
  return aMessage(
    `<ns1:paramsSyncMultipleLeads><leadRecordList>${list}</leadRecordList>${rest}</ns1:paramsSyncMultipleLeads>`,
    traits,
  )
}

async function statusesOf(face: SoapFace, message: string): Promise<readonly Status[]> {
  const given = resultOf(await face.send(message)).syncStatusList?.syncStatus as unknown
  return ([given].flat() as Tree[]).map(({ leadId, status, error }) => ({
    leadId: String(leadId),
    status: String(status),
    error: typeof error === 'string' ? error : null,
  }))
}

const sync = (face: SoapFace, records: readonly string[], rest = '', traits: HeaderTraits = {}) =>
  statusesOf(face, aSyncMultiple(records, rest, traits))

const email = (name: string, ...attributes: readonly (readonly [string, string])[]) =>
  `<Email>${name}@x.example</Email>${attributes.length === 0 ? '' : someAttributes(...attributes)}`

const statusOf = async (face: SoapFace, name: string) => (await face.store.status(aKey(`${name}@x.example`))).status

const named = (name: string): string => `<ns1:ClientRequestId>${name}</ns1:ClientRequestId>`

t.test('each record has its status, in the order of the request', async t => {
  const face = await aSoapFace()
  const [ada] = await sync(face, [email('ada')])

  const statuses = await sync(face, [email('bob'), email('ada', ['City', 'Turin']), email('cid')])

  t.same(
    statuses.map(({ status }) => status),
    ['CREATED', 'UPDATED', 'CREATED'],
  )
  t.equal(statuses[1]?.leadId, ada?.leadId)
  t.equal(new Set(statuses.map(({ leadId }) => leadId)).size, 3)
})

t.test('the reply has the documented shape', async t => {
  const face = await aSoapFace()
  const { text } = await face.send(aSyncMultiple([`<Id>7</Id>${email('ada')}`]))

  t.match(
    text,
    '<ns1:successSyncMultipleLeads><result><syncStatusList><syncStatus><leadId>7</leadId><status>CREATED</status>' +
      '<error xsi:nil="true"/></syncStatus></syncStatusList></result></ns1:successSyncMultipleLeads>',
  )
})

t.test('300 records are one batch, in one transaction', async t => {
  const face = await aSoapFace()

  const statuses = await sync(
    face,
    Array.from({ length: 300 }, (_, i) => email(`p${i}`)),
  )

  t.equal(statuses.length, 300)
  t.ok(statuses.every(({ status }) => status === 'CREATED'))
  t.same(face.store.counted.committed, [300])
})

t.test('the same new address twice in one call is one person', async t => {
  const face = await aSoapFace()

  const [first, second] = await sync(face, [email('ada'), email('ADA', ['City', 'Turin'])])

  t.equal(first?.status, 'CREATED')
  t.same(second, { ...first, status: 'UPDATED' })
})

t.test('records are carried out in order: the last word about an address stands', async t => {
  const face = await aSoapFace()

  await sync(face, [email('ada', ['Unsubscribed', '0']), email('ada', ['Unsubscribed', '1'])])
  t.equal((await statusOf(face, 'ada')).status, 'unsubscribed')

  await sync(face, [email('ada', ['Unsubscribed', '1']), email('ada', ['Unsubscribed', '0'])])
  t.equal((await statusOf(face, 'ada')).status, 'subscribed')
})

t.test('a bad record fails alone, with its own id or 0 and a sentence with its code', async t => {
  const face = await aSoapFace()

  const statuses = await sync(face, [
    email('ada', ['Unsubscribed', '1']),
    email('bob', ['Pants', 'blue']),
    `<Id>4711</Id>${someAttributes(['City', 'Turin'])}`,
    '<Email>no address</Email>',
    '',
    email('cid', ['NumberOfEmployees', 'many']),
    email('dan', ['Unsubscribed', '1']),
  ])

  t.same(
    statuses.map(({ status }) => status),
    ['CREATED', 'FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED', 'CREATED'],
  )
  t.same(
    statuses.slice(1, 6).map(({ leadId }) => leadId),
    ['0', '4711', '0', '0', '0'],
  )
  t.equal(statuses[1]?.error, 'syncMultipleLeads operation failed: unknown fields for import: Pants (20105)')
  t.equal(statuses[2]?.error, 'No lead found with IDNUM = 4711 (20103)')
  t.match(statuses[3]?.error, /^Email: .*no address.* \(20110\)$/)
  t.match(statuses[4]?.error, / \(20101\)$/)
  t.match(statuses[5]?.error, /^NumberOfEmployees: expected a whole number, got 'many' \(20110\)$/)
  t.equal((await statusOf(face, 'ada')).status, 'unsubscribed')
  t.equal((await statusOf(face, 'dan')).status, 'unsubscribed')
})

t.test('a field name that is wrong in every record is a fault, and nothing is changed', async t => {
  const face = await aSoapFace()

  const { fault } = await face.send(
    aSyncMultiple([email('ada', ['Pants', 'blue'], ['City', 'Turin']), email('bob', ['Pants', 'red'])]),
  )

  t.match(fault, {
    code: '20105',
    message: 'syncMultipleLeads operation failed: unknown fields for import: Pants (20105)',
  })
  t.equal(face.store.dump().people.size, 0)
})

t.test('unknown names become fields where the operator says so', async t => {
  const face = await aSoapFace({ acceptUnknownFields: true })

  const [ada] = await sync(face, [email('ada', ['Pants', 'blue']), email('bob', ['Shoes', '2'])])

  const record = resultOf(await face.send(aGetLead('IDNUM', ada!.leadId))).leadRecordList?.leadRecord
  t.same(attributesIn(record), [['Pants', 'blue']])
})

t.test('the element Email is only a key where an Id or a foreign id names the person', async t => {
  const face = await aSoapFace()
  const foreign = '<ForeignSysPersonId>F1</ForeignSysPersonId><ForeignSysType>CUSTOM</ForeignSysType>'
  await sync(face, [`<Id>7</Id>${email('ada')}`, `${foreign}${email('bob')}`])
  const addressOf = async (id: string) =>
    resultOf(await face.send(aGetLead('IDNUM', id))).leadRecordList?.leadRecord?.Email as unknown
  const [, bob] = await sync(face, [`<Id>7</Id>${email('other')}`, `${foreign}${email('other')}`])

  t.equal(await addressOf('7'), 'ada@x.example')
  t.equal(await addressOf(bob!.leadId), 'bob@x.example')

  await sync(face, [`<Id>7</Id>${email('other', ['Email', 'new@x.example'])}`])
  t.equal(await addressOf('7'), 'new@x.example')
})

t.test('a person that is made under its old Id has the address that came with it', async t => {
  const face = await aSoapFace()

  await sync(face, [`<Id>7</Id>${email('ada', ['Unsubscribed', '1'])}`])

  t.equal((await statusOf(face, 'ada')).status, 'unsubscribed')
})

t.test('without deduplication an address makes a new person, an Id still finds its own', async t => {
  const face = await aSoapFace()
  const off = '<dedupEnabled>false</dedupEnabled>'
  const [ada] = await sync(face, [email('ada')])

  const [again, byId] = await sync(face, [email('ada'), `<Id>${ada!.leadId}</Id>`], off)

  t.equal(again?.status, 'CREATED')
  t.not(again?.leadId, ada?.leadId)
  t.same(byId, { ...ada, status: 'UPDATED' })
})

t.test('deduplication is what is meant where nothing is said', async t => {
  for (const rest of ['', '<dedupEnabled/>', '<dedupEnabled xsi:nil="true"/>', '<dedupEnabled>True</dedupEnabled>']) {
    const face = await aSoapFace()
    await sync(face, [email('ada')])
    t.match(await sync(face, [email('ada')], rest), [{ status: 'UPDATED' }], rest)
  }
})

t.test('a record without any key that is spelt right is read as it must have been meant', async t => {
  const face = await aSoapFace()

  const statuses = await sync(face, ['<email>ada@x.example</email>', '<email>bob@x.example</email>'])

  t.match(statuses, [{ status: 'CREATED' }, { status: 'CREATED' }])
  t.equal(face.store.dump().people.size, 2)
})

t.test('no records is a fault, and so are too many', async t => {
  const face = await aSoapFace()
  for (const list of ['', '<leadRecordList/>']) {
    const { fault } = await face.send(aMessage(`<ns1:paramsSyncMultipleLeads>${list}</ns1:paramsSyncMultipleLeads>`))
    t.match(fault, { code: '20104' }, list)
  }

  const { fault } = await face.send(aSyncMultiple(Array(recordsMax + 1).fill('<Email>a@x.example</Email>')))
  t.match(fault, { code: '20110', message: /expected at most 10000 records, got 10001: send several calls/ })
  t.equal(face.store.dump().people.size, 0)
})

t.test('more than the queue holds goes in turns, and stays in order', async t => {
  const face = await aSoapFace({ limits: { queueMax: 1_000 } })
  const records = Array.from({ length: 2_500 }, (_, i) => email(`p${i % 10}`, ['City', String(i)]))

  const statuses = await sync(face, records)

  t.equal(statuses.length, 2_500)
  t.equal(statuses.filter(({ status }) => status === 'CREATED').length, 10)
  const views = await face.store.peopleByAddress(aKey('p9@x.example'), 1)
  t.equal(views[0]?.person.fields.City, '2499')
})

t.test('a store that fails in the middle fails the rest, one that fails at once the call', async t => {
  const store = createMemoryStore()
  const face = await aSoapFace({ store, limits: { patienceMs: 3_000 } })
  const unavailable = { at: 'before-commit', error: new StoreUnavailable('gone') } as const
  const records = Array.from({ length: 1_200 }, (_, i) => email(`p${i}`))
  let appends = 0
  store.watchAppends(() => {
    if (++appends > 4) throw unavailable.error
  })

  const statuses = await sync(face, records)

  const failed = statuses.filter(({ status }) => status === 'FAILED')
  t.equal(failed.length, 1_200 - store.dump().people.size)
  t.ok(failed.length >= 200 && failed.length < 1_200)
  t.ok(failed.every(({ error }) => error?.endsWith('(20011)')))

  const { fault } = await face.send(aSyncMultiple(records))
  t.match(fault, { code: '20011' })
})

t.test('a call that is repeated under its name gets the first answers, record by record', async t => {
  const face = await aSoapFace()
  const records = [email('ada', ['Unsubscribed', '1']), '<Email>no address</Email>', email('bob')]
  const call = (timestamp: string) => aSyncMultiple(records, '', { blocks: named('job-1'), timestamp })

  const first = await statusesOf(face, call('2026-11-20T04:00:00-08:00'))
  await sync(face, [email('ada', ['Unsubscribed', '0'])])
  const again = await statusesOf(face, call('2026-11-20T04:00:05-08:00'))

  t.same(again, first)
  t.equal(first[0]?.status, 'CREATED')
  t.equal((await statusOf(face, 'ada')).status, 'subscribed', 'it was not carried out again')
})

t.test('a name that belongs to another request stops all of it', async t => {
  const face = await aSoapFace()
  await sync(face, [email('ada')], '', { blocks: named('job-1') })

  const { fault } = await face.send(aSyncMultiple([email('bob'), email('cid')], '', { blocks: named('job-1') }))

  t.match(fault, { code: '20110', message: /^ClientRequestId: / })
  t.equal(face.store.dump().people.size, 1)
})

t.test('a late retry re-subscribes nobody who opted out in between, and the others get what they got', async t => {
  const face = await aSoapFace()
  await sync(face, [email('ada', ['Unsubscribed', '1']), email('bob', ['Unsubscribed', '1'])])
  const call = aSyncMultiple([email('ada', ['Unsubscribed', '0']), email('bob', ['Unsubscribed', '0'])])
  const first = await statusesOf(face, call)
  await sync(face, [email('ada', ['Unsubscribed', '1'])])

  const again = await statusesOf(face, call)

  t.same(again, first)
  t.equal((await statusOf(face, 'ada')).status, 'unsubscribed')
  t.equal((await statusOf(face, 'bob')).status, 'subscribed')
})

t.test('a credential that may only read may not', async t => {
  const face = await aSoapFace()

  t.match((await face.send(aSyncMultiple([email('ada')], '', { as: 'reader' }))).fault, { code: '20013' })
})

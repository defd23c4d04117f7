// getCampaignsForSource, requestCampaign and scheduleCampaign through the endpoint: flows that an admin defined, as
// callers of the old service know them.
import t from 'tap'
import type { NewFlow } from '../../src/domain/flow.js'
import type { FlowRun } from '../../src/service/flows/flows.js'
import { requestedLeadsMax } from '../../src/soap/operations/request-campaign.js'
import { aKey, aPolicy, aSave, aSubmission } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { personIdOf } from '../support/group-commits.js'
import {
  aMessage,
  aSoapFace,
  aSyncLead,
  callTime,
  type HeaderTraits,
  resultOf,
  type SoapFace,
  type SoapFaceOptions,
  someAttributes,
} from '../support/soap-face.js'

const reason = 'Changed by Smart Campaign Spring.Opt out action Change Data Value'

async function aFace(options: SoapFaceOptions = {}) {
  const face = await aSoapFace(options)
  const add = async (traits: Partial<NewFlow>) => {
    const flow = { name: 'Opt out', program: null, description: '', steps: [], listId: null, ...traits }
    return (await face.store.addFlow(flow))!.id
  }
  const steps = [
    { field: 'Unsubscribed', value: 'true' },
    { field: 'UnsubscribedReason', value: 'asked: {{my.reason}}' },
  ]
  const list = (await face.store.addList('Callers', null))!
  const optOut = await add({ program: 'Spring', description: 'for callers', steps, listId: list.id })
  const back = await add({ name: 'Back again', steps: [{ field: 'Unsubscribed', value: '0' }], listId: list.id })
  const city = await add({ name: 'To Rome', program: 'Spring', steps: [{ field: 'City', value: 'Rome' }] })
  return { ...face, list, optOut, back, city }
}

function theList(rest: string, traits: HeaderTraits = {}): string {
  return aMessage(`<ns1:paramsGetCampaignsForSource>${rest}</ns1:paramsGetCampaignsForSource>`, traits)
}

function aRequest(rest: string, traits: HeaderTraits = {}): string {
  return aMessage(`<ns1:paramsRequestCampaign>${rest}</ns1:paramsRequestCampaign>`, traits)
}

function aSchedule(rest: string, traits: HeaderTraits = {}): string {
  return aMessage(`<ns1:paramsScheduleCampaign>${rest}</ns1:paramsScheduleCampaign>`, traits)
}

function leads(...keys: readonly (readonly [type: string, value: string | number])[]): string {
  const list = keys.map(([type, value]) => `<leadKey><keyType>${type}</keyType><keyValue>${value}</keyValue></leadKey>`)
  return `<leadList>${list.join('')}</leadList>`
}

const byId = (id: number, ...rest: readonly string[]) =>
  `<source>MKTOWS</source><campaignId>${id}</campaignId>${rest.join('')}`
const byName = (program: string, name: string) =>
  `<programName>${program}</programName><campaignName>${name}</campaignName>`
const tokens = (value: string, name = '{{my.reason}}') =>
  `<programTokenList><attrib><name>${name}</name><value>${value}</value></attrib></programTokenList>`

async function save(face: SoapFace, record: string): Promise<number> {
  return Number(resultOf(await face.send(aSyncLead(record))).leadId)
}

async function faultOf(face: SoapFace, message: string) {
  const { fault } = await face.send(message)
  return fault === null ? null : [fault.code, fault.message]
}

async function changesOf(face: SoapFace, id: number) {
  const activities = await face.store.activitiesOf(id, { after: 0, limit: 100 })
  return activities
    .filter(({ source }) => source === 'campaign')
    .map(({ attribute, from, to, reason }) => [attribute, from, to, reason])
}

t.test('campaigns are listed with id, name and description, to the letter', async t => {
  const { send, optOut } = await aFace()

  const { text } = await send(theList('<source>MKTOWS</source><name>opt OUT</name>'))

  t.match(
    text,
    '<ns1:successGetCampaignsForSource><result><returnCount>1</returnCount><campaignRecordList><campaignRecord>' +
      `<id>${optOut}</id><name>Opt out</name><description>for callers</description></campaignRecord>` +
      '</campaignRecordList></result></ns1:successGetCampaignsForSource>',
  )
})

t.test('campaigns are found by a part of the name, or by all of it', async t => {
  const face = await aFace()
  const namesFor = async (rest: string) => {
    const { returnCount, campaignRecordList } = resultOf(await face.send(theList(rest)))
    const records = [campaignRecordList?.campaignRecord ?? []].flat()
    t.equal(Number(returnCount), records.length)
    return records.map(({ name }) => String(name))
  }

  t.strictSame(await namesFor('<source>MKTOWS</source>'), ['Back again', 'Opt out', 'To Rome'])
  t.strictSame(await namesFor('<source>SALES</source><name>   </name>'), ['Back again', 'Opt out', 'To Rome'])
  t.strictSame(await namesFor('<name>o</name><exactName>false</exactName>'), ['Opt out', 'To Rome'])
  t.strictSame(await namesFor('<source>MKTOWS</source><name>To Rome</name><exactName>True</exactName>'), ['To Rome'])
  t.strictSame(await namesFor('<source>MKTOWS</source><name>Rome</name><exactName>1</exactName>'), [])
  t.match(await faultOf(face, theList('<source>FOO</source>')), ['20110', /source: expected MKTOWS or SALES/])
})

t.test('where no campaign is, the count is 0 and the list is nil', async t => {
  const face = await aSoapFace()

  const { text } = await face.send(theList('<source>MKTOWS</source>', { as: 'reader' }))

  t.match(text, '<result><returnCount>0</returnCount><campaignRecordList xsi:nil="true"/></result>')
})

t.test('a requested campaign changes each lead at once, with the recorded reason', async t => {
  const face = await aFace()
  const ids = [await save(face, '<Email>ada@x.example</Email>'), await save(face, '<Email>bob@x.example</Email>')]
  const batches = face.store.counted.committed.length

  const { text } = await face.send(
    aRequest(
      `<source>MKTOWS</source>${leads(['IDNUM', ids[0]!], ['EMAIL', 'BOB@x.example'])}` +
        `${byName('Spring', 'Opt out')}${tokens('by phone')}`,
    ),
  )

  t.match(text, '<ns1:successRequestCampaign><result><success>true</success></result></ns1:successRequestCampaign>')
  t.strictSame(face.store.counted.committed.slice(batches), [2], 'one batch')
  for (const id of ids) {
    t.strictSame(await changesOf(face, id), [
      ['UnsubscribedReason', null, 'asked: by phone', reason],
      ['Unsubscribed', '0', '1', reason],
    ])
  }
  t.match(await face.store.status(aKey('bob@x.example')), {
    status: { status: 'unsubscribed', reason: 'asked: by phone', source: 'campaign' },
  })
})

t.test('client-habits 10: a campaign is requested by id, with tokens too, and without a source', async t => {
  const face = await aFace()
  const id = await save(face, '<Email>ada@x.example</Email>')
  const rest = [`<campaignId>${face.optOut}</campaignId>`, leads(['IDNUM', id]), tokens('by letter', 'my.reason')]

  t.match(resultOf(await face.send(aRequest(rest.join('')))), { success: 'true' })

  t.strictSame((await changesOf(face, id)).at(0)?.slice(0, 3), ['UnsubscribedReason', null, 'asked: by letter'])
})

t.test('a campaign without a program is requested by its name alone, an id of 0 beside it says nothing', async t => {
  const face = await aFace()
  const id = await save(face, `<Email>ada@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)

  resultOf(
    await face.send(
      aRequest(`<campaignId>0</campaignId>${leads(['IDNUM', id])}<campaignName>Back again</campaignName>`),
    ),
  )

  t.match(await face.store.status(aKey('ada@x.example')), { status: { status: 'subscribed', version: 2 } })
})

t.test('a lead that is named twice is changed once, and keys past the first hundred are passed over', async t => {
  const face = await aFace()
  const ids: number[] = []
  for (let index = 0; index <= requestedLeadsMax; index++)
    ids.push(await save(face, `<Email>p${index}@x.example</Email>`))
  const { seq } = await face.store.head()

  const keys = [...ids.slice(0, requestedLeadsMax - 1), ids[0]!, ids.at(-1)!].map(id => ['IDNUM', id] as const)
  resultOf(await face.send(aRequest(byId(face.city, leads(...keys)))))

  t.equal((await face.store.head()).seq, seq + requestedLeadsMax - 1)
  t.strictSame(await changesOf(face, ids.at(-1)!), [])
})

t.test('of leads that share an address the one saved last is meant', async t => {
  const face = await aFace()
  const ids: number[] = []
  for (const City of ['a', 'b', 'c']) {
    const command = aSave({ address: 'shared@x.example', mode: 'duplicate', fields: { City } })
    ids.push(personIdOf(await face.writes.submit(aSubmission({ command }))))
  }
  const [last] = await face.store.peopleByIds([ids[2]!])
  await eventually(() => Date.now() > last!.person.savedAt, { withinMs: 1_000, everyMs: 1 })
  await save(face, `<Id>${ids[1]}</Id>${someAttributes(['City', 'd'])}`)

  resultOf(await face.send(aRequest(byId(face.city, leads(['EMAIL', 'shared@x.example'])))))

  const people = await face.store.peopleByIds(ids)
  t.strictSame(
    people.map(({ person }) => person.fields.City),
    ['a', 'Rome', 'c'],
  )
})

t.test('a request that cannot be carried out for all is a fault, and changes nobody', async t => {
  const face = await aFace()
  const id = await save(face, '<Email>ada@x.example</Email>')
  const { seq } = await face.store.head()
  const lead = leads(['IDNUM', id])
  const cases: readonly (readonly [rest: string, code: string, text: RegExp])[] = [
    [byId(4711, lead), '20113', /No campaign found with id = 4711/],
    [byName('Autumn', 'Opt out') + lead, '20113', /No campaign found with name = Opt out in program Autumn/],
    [byId(face.optOut, lead, byName('Spring', 'Opt out')), '20110', /expected either campaignId or campaignName/],
    [byId(face.optOut, lead, '<programName>Spring</programName>'), '20110', /expected either/],
    [lead, '20109', /expected campaignId, or campaignName and programName, got neither/],
    [`<programName>Spring</programName>${lead}`, '20109', /got programName alone/],
    [byId(face.optOut, lead), '20110', /UnsubscribedReason: expected a value for the token \{\{my.reason\}\}/],
    [byId(face.city), '20101', /leadList: expected a leadKey/],
    [byId(face.city, leads(['IDNUM', id], ['EMAIL', 'no@x.example'])), '20103', /EMAIL = no@x.example/],
    [byId(face.city, leads(['FOO', id])), '20102', /keyType/],
    [`<source>FOO</source><campaignId>${face.city}</campaignId>${lead}`, '20110', /source/],
  ]

  for (const [rest, code, text] of cases) t.match(await faultOf(face, aRequest(rest)), [code, text])
  t.match(await faultOf(face, aRequest(byId(face.city, lead), { as: 'reader' })), ['20013'])
  t.equal((await face.store.head()).seq, seq)
})

t.test('R2: a guarded face refuses a campaign that re-subscribes', async t => {
  const face = await aFace({ policy: aPolicy({ resubscribe: 'guarded' }) })
  const id = await save(face, `<Email>ada@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)

  t.match(await faultOf(face, aRequest(byId(face.back, leads(['IDNUM', id])))), ['20106', /needs a credential/])

  t.match(await face.store.status(aKey('ada@x.example')), { status: { status: 'unsubscribed', version: 1 } })
})

t.test('R13: an identical request that comes late does not undo an opt-out', async t => {
  const face = await aFace()
  const id = await save(face, `<Email>ada@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)
  const request = aRequest(byId(face.back, leads(['IDNUM', id])))
  resultOf(await face.send(request))
  await save(face, `<Id>${id}</Id>${someAttributes(['Unsubscribed', '1'])}`)

  t.match(resultOf(await face.send(request)), { success: 'true' })

  t.match(await face.store.status(aKey('ada@x.example')), { status: { status: 'unsubscribed', version: 3 } })
})

/** What is due at a time, each as it was scheduled. */
async function dueAt(face: SoapFace, at: number): Promise<FlowRun[]> {
  const runs: FlowRun[] = []
  const lease = { holder: 'test', until: Number.MAX_SAFE_INTEGER }
  for (let run = await face.store.claimFlowRun(at, lease); run; run = await face.store.claimFlowRun(at, lease)) {
    runs.push(run)
  }
  return runs
}

t.test('a scheduled campaign is a run on its list, now where no time is given', async t => {
  const face = await aFace()

  const { text } = await face.send(aSchedule(byName('Spring', 'Opt out') + tokens('by mail')))

  t.match(text, '<ns1:successScheduleCampaign><result><success>true</success></result></ns1:successScheduleCampaign>')
  t.match(await dueAt(face, callTime), [
    {
      flowId: face.optOut,
      listId: face.list.id,
      changes: { unsubscribed: true, fields: { UnsubscribedReason: 'asked: by mail' } },
      reason,
      role: 'writer',
      runAt: callTime,
    },
  ])
})

t.test('a scheduled campaign waits for its time; a time that is over is now', async t => {
  const face = await aFace()
  const at = (time: string) => aSchedule(`${byName('', 'Back again')}<campaignRunAt>${time}</campaignRunAt>`)

  resultOf(await face.send(at('2026-11-20T05:00:00-08:00')))
  resultOf(await face.send(at('2020-01-01T00:00:00Z')))

  t.match(await dueAt(face, callTime), [{ runAt: callTime }])
  t.match(await dueAt(face, callTime + 3_600_000 - 1), [])
  t.match(await dueAt(face, callTime + 3_600_000), [{ runAt: callTime + 3_600_000 }])
})

t.test('a clone is the same campaign, under the name of the other program in the history', async t => {
  const face = await aFace()
  const clone = '<cloneToProgramName>Summer</cloneToProgramName>'

  resultOf(await face.send(aSchedule(byName('Spring', 'Opt out') + clone + tokens('x'))))

  t.match(await dueAt(face, callTime), [{ reason: reason.replace('Spring', 'Summer') }])
})

t.test('an identical call that comes again schedules no second re-subscribe, but another opt-out', async t => {
  const face = await aFace()
  const back = aSchedule(byName('', 'Back again'))
  const optOut = aSchedule(byName('Spring', 'Opt out') + tokens('x'))
  for (const message of [back, back, optOut, optOut]) {
    t.match(resultOf(await face.send(message)), { success: 'true' })
  }

  const runs = await dueAt(face, callTime)

  t.strictSame(
    runs.map(({ flowId }) => flowId),
    [face.back, face.optOut, face.optOut],
  )
})

t.test('a ClientRequestId schedules once, and names one request', async t => {
  const face = await aFace()
  const blocks = '<ns1:ClientRequestId>run-1</ns1:ClientRequestId>'
  const message = (value: string) => aSchedule(byName('Spring', 'Opt out') + tokens(value), { blocks })

  resultOf(await face.send(message('x')))
  resultOf(await face.send(message('x')))

  t.match(await faultOf(face, message('y')), ['20110', /ClientRequestId/])
  t.equal((await dueAt(face, callTime)).length, 1)
})

t.test('a campaign that cannot be scheduled is a fault', async t => {
  const face = await aFace()
  const long = `<cloneToProgramName>${'x'.repeat(256)}</cloneToProgramName>`
  const cases: readonly (readonly [rest: string, code: string, text: RegExp])[] = [
    [byName('Spring', ' '), '20109', /expected a campaignName/],
    [byName('Spring', 'Nothing'), '20113', /No campaign found with name = Nothing in program Spring/],
    [byName('Spring', 'To Rome'), '20110', /has no list of leads to run on/],
    [byName('Spring', 'Opt out'), '20110', /expected a value for the token/],
    [byName('Spring', 'Opt out') + long + tokens('x'), '20110', /cloneToProgramName: expected at most 255/],
    [`${byName('', 'Back again')}<campaignRunAt>soon</campaignRunAt>`, '20110', /campaignRunAt/],
  ]

  for (const [rest, code, text] of cases) t.match(await faultOf(face, aSchedule(rest)), [code, text])
  t.match(await faultOf(face, aSchedule(byName('', 'Back again'), { as: 'reader' })), ['20013'])
  t.strictSame(await dueAt(face, Number.MAX_SAFE_INTEGER), [])
})

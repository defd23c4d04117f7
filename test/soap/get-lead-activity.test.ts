// getLeadActivity through the endpoint: the recorded reply, the order, and that every way of paging ends.
import t from 'tap'
import {
  aGetLeadActivity,
  aPosition,
  attributesOf,
  faultIn,
  history,
  longAgo,
  type Page,
  pageIn,
  xml,
} from '../support/activity-calls.js'
import { eventually } from '../support/eventually.js'
import { aSoapFace, aSyncLead, resultOf, type SoapFace, someAttributes } from '../support/soap-face.js'

async function save(face: SoapFace, record: string): Promise<number> {
  return Number(resultOf(await face.send(aSyncLead(record))).leadId)
}

/** A lead that was made and moved through so many cities. */
async function aTraveller(face: SoapFace, cities: number): Promise<number> {
  const id = await save(face, '<Email>ada@x.example</Email>')
  for (let city = 1; city <= cities; city++)
    await save(face, `<Id>${id}</Id>${someAttributes(['City', `City ${city}`])}`)
  return id
}

t.test('a lead has the recorded reply, byte for byte', async t => {
  const face = await aSoapFace()
  await save(face, '<Id>4711</Id><Email>ada@x.example</Email>')
  const [made] = await face.store.activitiesOf(4711, { after: 0, limit: 1 })
  const at = new Date(made!.at).toISOString()

  const { text } = await face.send(aGetLeadActivity('IDNUM', 4711))

  const attribute = (name: string, value: string): string =>
    `<attribute><attrName>${name}</attrName><attrType xsi:nil="true"/><attrValue>${value}</attrValue></attribute>`
  t.match(
    text,
    '<ns1:successGetLeadActivity><leadActivityList><returnCount>1</returnCount><remainingCount>0</remainingCount>' +
      '<newStartPosition><latestCreatedAt xsi:nil="true"/><oldestCreatedAt xsi:nil="true"/>' +
      `<activityCreatedAt xsi:nil="true"/><offset>ID:${made!.id}</offset></newStartPosition>` +
      `<activityRecordList><activityRecord><id>${made!.id}</id><marketoGUID>${made!.id}</marketoGUID>` +
      `<activityDateTime>${at.slice(0, 19)}+00:00</activityDateTime><activityType>New Lead</activityType>` +
      `<mktgAssetName></mktgAssetName><activityAttributes>${attribute('Source Type', 'Web service API')}` +
      `${attribute('Source Info', 'SOAP API')}${attribute('Created Date', at.slice(0, 10))}` +
      `${attribute('Lead ID', '4711')}</activityAttributes><campaign></campaign><personName xsi:nil="true"/>` +
      '<mktPersonId>4711</mktPersonId><foreignSysId xsi:nil="true"/><orgName xsi:nil="true"/>' +
      '<foreignSysOrgId xsi:nil="true"/></activityRecord></activityRecordList></leadActivityList>' +
      '</ns1:successGetLeadActivity>',
  )
})

t.test('a changed value is told under the label of its field, with old and new value', async t => {
  const face = await aSoapFace()
  const id = await save(face, `<Email>ada@x.example</Email>${someAttributes(['FirstName', 'Ada'])}`)
  await save(face, `<Id>${id}</Id>${someAttributes(['FirstName', 'Grace'])}`)
  await save(face, `<Id>${id}</Id>${someAttributes(['FirstName', ' '], ['Unsubscribed', '1'])}`)

  const { records } = await history(face, id)

  const changeOf = (label: string, from: string, to: string): [string, string][] => [
    ['Attribute Name', label],
    ['Old Value', from],
    ['New Value', to],
    ['Reason', 'SOAP API'],
    ['Source', 'SOAP API'],
    ['Lead ID', String(id)],
  ]
  t.strictSame(records.slice(0, 3).map(attributesOf), [
    changeOf('Unsubscribed', '0', '1'),
    changeOf('First Name', 'Grace', ''),
    changeOf('First Name', 'Ada', 'Grace'),
  ])
  t.strictSame(
    records.map(({ activityType, mktgAssetName }) => [activityType, mktgAssetName]),
    [
      ['Change Data Value', 'Unsubscribed'],
      ['Change Data Value', 'First Name'],
      ['Change Data Value', 'First Name'],
      ['New Lead', ''],
    ],
  )
})

t.test('newest first, and every way to go on comes to an end having seen each once', async t => {
  const face = await aSoapFace()
  const id = await aTraveller(face, 6)
  const all = (await history(face, id)).ids
  t.strictSame(
    all,
    [...all].sort((a, b) => b - a),
  )

  const goingOn: Readonly<Record<string, (page: Page, seen: number) => string>> = {
    'everything echoed': page => page.echo,
    'only the offset': page => aPosition({ offset: page.offset! }),
    'how many were read, as in the last samples': (_, seen) => aPosition({ offset: String(seen) }),
  }
  for (const [name, next] of Object.entries(goingOn)) {
    for (const first of ['', aPosition({ offset: '0' }), '<startPosition><offset/></startPosition>']) {
      const seen: number[] = []
      let position = first
      let total: number | undefined
      // The two loops of clients in one: until nothing comes, and while something remains.
      for (let page = await history(face, id, position + xml('batchSize', 2)); page.returned > 0; ) {
        seen.push(...page.ids)
        if (seen.length > all.length) throw new Error(`${name}: more came than there is`)
        total ??= page.returned + page.remaining
        t.equal(page.remaining, all.length - seen.length, `${name}: what remains is counted`)
        position = next(page, seen.length)
        page = await history(face, id, position + xml('batchSize', 2))
      }
      t.strictSame(seen, all, name)
      t.equal(total, all.length)
    }
  }
})

t.test('past the end nothing comes, and the position stays', async t => {
  const face = await aSoapFace()
  const id = await aTraveller(face, 1)

  const end = await history(face, id, aPosition({ offset: 'ID:1', oldest: longAgo }))

  t.match(end, { returned: 0, remaining: 0, offset: 'ID:1', oldest: '2001-01-01T00:00:00+00:00', latest: undefined })
  t.match((await history(face, id, aPosition({ offset: '2' }))).returned, 0)
})

t.test('what happens between two pages is not repeated', async t => {
  const face = await aSoapFace()
  const id = await aTraveller(face, 3)
  const first = await history(face, id, xml('batchSize', 2))
  await save(face, `<Id>${id}</Id>${someAttributes(['City', 'in between'])}`)

  const second = await history(face, id, first.echo)

  t.strictSame([...first.ids, ...second.ids].length, 4)
  t.strictSame(new Set([...first.ids, ...second.ids]).size, 4)
})

t.test('filters take tokens, to include or to exclude', async t => {
  const face = await aSoapFace()
  const id = await aTraveller(face, 2)
  const names = async (filter: string): Promise<unknown[]> =>
    (await history(face, id, xml('activityFilter', filter))).records.map(({ activityType }) => activityType)
  const types = (...tokens: string[]): string => tokens.map(token => xml('activityType', token)).join('')

  t.strictSame(await names(xml('includeTypes', types('NewLead'))), ['New Lead'])
  t.strictSame(await names(xml('includeTypes', types('NewLead', 'VisitWebpage'))), ['New Lead'])
  t.strictSame(await names(xml('includeTypes', types('VisitWebpage'))), [])
  t.strictSame(await names(xml('excludeTypes', types('ChangeDataValue'))), ['New Lead'])
  t.strictSame((await names(xml('excludeTypes', types('VisitWebpage')))).length, 3)
  t.strictSame((await names('')).length, 3)
  t.strictSame((await names('<includeTypes/><excludeTypes/>')).length, 3)
  t.strictSame((await names('<includeTypes><activityType/></includeTypes>')).length, 3)
  t.match(
    await faultIn(face, aGetLeadActivity('IDNUM', id, xml('activityFilter', xml('includeTypes', types('Nap'))))),
    ['20107', /activityFilter.includeTypes: no activity is called Nap/],
  )
  const both = xml('includeTypes', types('NewLead')) + xml('excludeTypes', types('ClickLink'))
  t.match(await faultIn(face, aGetLeadActivity('IDNUM', id, xml('activityFilter', both))), ['20110', /got both/])
})

t.test('a window of time bounds what is read', async t => {
  const face = await aSoapFace()
  const id = await aTraveller(face, 1)

  t.equal((await history(face, id, aPosition({ oldest: longAgo }))).returned, 2)
  t.equal((await history(face, id, aPosition({ latest: longAgo }))).returned, 0)
  t.equal((await history(face, id, aPosition({ oldest: '2999-01-01T00:00:00Z' }))).returned, 0)
})

t.test('batchSize: the limit where it is more, the default where it says nothing', async t => {
  const face = await aSoapFace()
  const id = await aTraveller(face, 104)

  for (const [given, expected] of [
    ['', 100],
    ['<batchSize/>', 100],
    ['<batchSize>0</batchSize>', 100],
  ] as const) {
    t.match(await history(face, id, given), { returned: expected, remaining: 5 })
  }
  t.match(await history(face, id, xml('batchSize', 5000)), { returned: 100, remaining: 5 })
  t.match(await history(face, id, xml('batchSize', 1)), { returned: 1, remaining: 104 })
  t.match(await faultIn(face, aGetLeadActivity('IDNUM', id, xml('batchSize', -1))), ['20110', /from 1 to 100, got -1/])
})

t.test('of several leads with one address, the one that was saved last is told about', async t => {
  const face = await aSoapFace()
  const older = await save(face, '<Id>11</Id><Email>shared@x.example</Email>')
  await save(face, '<Id>12</Id><Email>shared@x.example</Email>')
  const then = Date.now()
  await eventually(() => Date.now() > then, { withinMs: 1_000, everyMs: 1, what: 'the next millisecond' })
  await save(face, `<Id>${older}</Id>${someAttributes(['City', 'Turin'])}`)

  const { records } = pageIn(await face.send(aGetLeadActivity('EMAIL', 'shared@x.example')))

  t.strictSame(new Set(records.map(({ mktPersonId }) => mktPersonId)), new Set([String(older)]))
})

t.test('an unknown lead, a bad key and a bad offset have their faults', async t => {
  const face = await aSoapFace()
  const id = await aTraveller(face, 0)

  t.match(await faultIn(face, aGetLeadActivity('EMAIL', 'nobody@x.example')), [
    '20103',
    'No lead found with EMAIL = nobody@x.example (20103)',
  ])
  t.match(await faultIn(face, aGetLeadActivity('PHONE', '1')), ['20102'])
  t.match(await faultIn(face, aGetLeadActivity('IDNUM', '')), ['20101'])
  for (const offset of ['ID:', 'ID:x', '-1', '1.5', 'ID:12abc', '9'.repeat(40)]) {
    t.match(await faultIn(face, aGetLeadActivity('IDNUM', id, aPosition({ offset }))), ['20122', /offset/], offset)
  }
})

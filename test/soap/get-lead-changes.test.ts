// getLeadChanges through the endpoint: the record, the cursors that clients send, selectors and filters.
import t from 'tap'
import {
  aGetLeadChanges,
  aPosition,
  attributesOf,
  changes,
  faultIn,
  longAgo,
  type Page,
  xml,
} from '../support/activity-calls.js'
import { aDelete, aSubmission } from '../support/builders.js'
import { aSoapFace, aSyncLead, resultOf, type SoapFace, someAttributes } from '../support/soap-face.js'

const sinceEver = aPosition({ oldest: longAgo })

async function save(face: SoapFace, record: string): Promise<number> {
  return Number(resultOf(await face.send(aSyncLead(record))).leadId)
}

/** So many leads, two activities each: made, and moved to Turin. */
async function aCrowd(face: SoapFace, leads: number): Promise<readonly number[]> {
  const ids: number[] = []
  for (let lead = 1; lead <= leads; lead++) {
    const id = await save(face, `<Email>lead-${lead}@x.example</Email>`)
    await save(face, `<Id>${id}</Id>${someAttributes(['City', 'Turin'])}`)
    ids.push(id)
  }
  return ids
}

const selector = (form: string, inside: string): string =>
  `<leadSelector xsi:type="ns1:${form}">${inside}</leadSelector>`

const keySelector = (keyType: string, values: readonly (string | number)[]): string => {
  const items = values.map(value => xml('stringItem', value)).join('')
  return selector('LeadKeySelector', xml('keyType', keyType) + xml('keyValues', items))
}

t.test('a record has the recorded shape, byte for byte', async t => {
  const face = await aSoapFace()
  await save(face, '<Id>4711</Id><Email>ada@x.example</Email>')
  await save(face, `<Id>4711</Id>${someAttributes(['LeadScore', '7'])}`)
  const [, change] = await face.store.activitiesOf(4711, { after: 0, limit: 2 })
  const at = `${new Date(change!.at).toISOString().slice(0, 19)}+00:00`

  const inside = aPosition({ oldest: '2020-01-31T09:30:00-06:00', offset: 'ID:1' })
  const { text } = await face.send(aGetLeadChanges(inside))

  const attribute = (name: string, value: string): string =>
    `<attribute><attrName>${name}</attrName><attrType xsi:nil="true"/><attrValue>${value}</attrValue></attribute>`
  t.match(
    text,
    '<ns1:successGetLeadChanges><result><returnCount>1</returnCount><remainingCount>0</remainingCount>' +
      '<newStartPosition><latestCreatedAt xsi:nil="true"/>' +
      '<oldestCreatedAt>2020-01-31T15:30:00+00:00</oldestCreatedAt>' +
      '<activityCreatedAt xsi:nil="true"/><offset>ID:2</offset></newStartPosition><leadChangeRecordList>' +
      `<leadChangeRecord><id>2</id><marketoGUID>2</marketoGUID><activityDateTime>${at}</activityDateTime>` +
      '<activityType>Change Data Value</activityType><mktgAssetName>Lead Score</mktgAssetName><activityAttributes>' +
      `${attribute('Attribute Name', 'Lead Score')}${attribute('Old Value', '')}${attribute('New Value', '7')}` +
      `${attribute('Reason', 'SOAP API')}${attribute('Source', 'SOAP API')}${attribute('Lead ID', '4711')}` +
      '</activityAttributes><mktPersonId>4711</mktPersonId></leadChangeRecord></leadChangeRecordList></result>' +
      '</ns1:successGetLeadChanges>',
  )
})

t.test('oldest first, and every habit of going on sees each once and ends', async t => {
  const face = await aSoapFace()
  await aCrowd(face, 4)
  const all = (await changes(face, sinceEver)).ids
  t.strictSame(all, [1, 2, 3, 4, 5, 6, 7, 8])

  const updatedSince = selector('LastUpdateAtSelector', xml('oldestUpdatedAt', longAgo))
  const habits: Readonly<Record<string, (page: Page | null) => string>> = {
    'the whole position echoed, nil elements too': page => page?.echo ?? sinceEver,
    'the time and the offset': page => aPosition({ oldest: longAgo, ...(page ? { offset: page.offset! } : {}) }),
    'only the offset': page => (page ? aPosition({ offset: page.offset! }) : sinceEver),
    'the offset without its prefix': page => (page ? aPosition({ offset: page.offset!.slice(3) }) : sinceEver),
    'an offset of 0 at first': page => page?.echo ?? aPosition({ oldest: longAgo, offset: '0' }),
    'an empty offset at first': page => page?.echo ?? `<startPosition>${xml('offset', '')}</startPosition>`,
    'oldest and latest, as embulk': page =>
      aPosition({ oldest: longAgo, latest: '2999-01-01T00:00:00Z', ...(page ? { offset: page.offset! } : {}) }),
    'the time twice, as Talend': page =>
      aPosition({ oldest: longAgo, ...(page ? { offset: page.offset! } : {}) }) + updatedSince,
    'a selector of times and no position at first': page => (page?.echo ?? '') + updatedSince,
  }
  for (const [habit, position] of Object.entries(habits)) {
    const untilNothing: number[] = []
    let page: Page | null = null
    do {
      page = await changes(face, position(page) + xml('batchSize', 3))
      untilNothing.push(...page.ids)
      if (untilNothing.length > all.length) throw new Error(`${habit}: more came than there is`)
    } while (page.returned > 0)
    t.strictSame(untilNothing, all, `${habit}, until nothing comes`)

    const whileRemaining: number[] = []
    page = null
    do {
      page = await changes(face, position(page) + xml('batchSize', 3))
      whileRemaining.push(...page.ids)
      if (whileRemaining.length > all.length) throw new Error(`${habit}: more came than there is`)
      t.equal(page.remaining, all.length - whileRemaining.length, 'the count is exact from the first page on')
    } while (page.remaining > 0)
    t.strictSame(whileRemaining, all, `${habit}, while something remains`)
  }
})

t.test('at the end nothing comes, the position stays, and what happens next is found from there', async t => {
  const face = await aSoapFace()
  await aCrowd(face, 1)
  const inside = aPosition({ oldest: '2020-01-01T00:00:00.250Z', latest: '2999-01-01T00:00:00.125Z', offset: 'ID:2' })

  const end = await changes(face, inside)
  const stranger = await changes(face, aPosition({ offset: 'ID:77' }))
  await save(face, '<Email>later@x.example</Email>')
  const next = await changes(face, end.echo)

  t.match(end, { returned: 0, remaining: 0, offset: 'ID:2', ids: [] })
  t.match(end, { oldest: '2020-01-01T00:00:00.250Z', latest: '2999-01-01T00:00:00.125Z' }, 'to the millisecond')
  t.match(stranger, { returned: 0, remaining: 0, offset: 'ID:77' })
  t.strictSame(next.ids, [3])
  const empty = await face.send(aGetLeadChanges(inside.replace('ID:2', 'ID:3')))
  t.match(empty.text, '<leadChangeRecordList></leadChangeRecordList>')
})

t.test('an offset that a client brought along from the old service begins with what has happened here', async t => {
  const face = await aSoapFace()
  await aCrowd(face, 2)

  const brought = await changes(face, aPosition({ offset: 'ID:693254817' }) + xml('batchSize', 3))

  t.strictSame(brought.ids, [1, 2, 3])
  t.equal(brought.offset, 'ID:3')
  const sinceTomorrow = aPosition({ oldest: '2999-01-01T00:00:00Z', offset: 'ID:693254817' })
  t.match(await changes(face, sinceTomorrow), { returned: 0, offset: 'ID:693254817' })
})

t.test('times bound the stream, whether in the position or in the selector', async t => {
  const face = await aSoapFace()
  await aCrowd(face, 1)
  const [made] = await face.store.activitiesOf(1_000_000_001, { after: 0, limit: 1 })
  const at = (ms: number): string => new Date(made!.at + ms).toISOString()
  const between = (from: number, to: number): string =>
    selector('LastUpdateAtSelector', xml('latestUpdatedAt', at(to)) + xml('oldestUpdatedAt', at(from)))

  t.equal((await changes(face, aPosition({ latest: at(-1) }))).returned, 0)
  t.equal((await changes(face, aPosition({ oldest: at(0) }))).returned, 2, 'the oldest time belongs to the window')
  t.ok((await changes(face, aPosition({ latest: at(0) }))).returned >= 1, 'and so does the latest')
  t.equal((await changes(face, aPosition({ oldest: at(60_000) }))).returned, 0)
  t.equal((await changes(face, between(0, 60_000))).returned, 2)
  t.equal((await changes(face, between(-60_000, -1))).returned, 0)
  t.equal((await changes(face, aPosition({ oldest: at(60_000) }) + between(-60_000, 60_000))).returned, 0)
  t.equal((await changes(face, `<startPosition>${xml('activityCreatedAt', at(60_000))}</startPosition>`)).returned, 0)
})

t.test(
  'keys select whose activities come, unknown ones are silently missing, a deleted lead stays readable',
  async t => {
    const face = await aSoapFace()
    const [one, two, three] = (await aCrowd(face, 3)) as [number, number, number]
    await face.writes.submit(aSubmission({ command: aDelete(two) }))
    const whose = async (inside: string): Promise<unknown[]> =>
      (await changes(face, sinceEver + inside)).records.map(({ mktPersonId }) => Number(mktPersonId))

    t.strictSame(await whose(keySelector('IDNUM', [one, three, 999])), [one, one, three, three])
    t.strictSame(await whose(keySelector('EMAIL', ['lead-3@x.example', 'nobody@x.example'])), [three, three])
    t.strictSame(await whose(keySelector('EMAIL', ['nobody@x.example'])), [])
    t.strictSame(await whose(keySelector('IDNUM', [two])), [two, two, two])
    t.strictSame(await whose(''), [one, one, two, two, three, three, two])
    const withoutType = keySelector('IDNUM', [one]).replace(/ xsi:type="[^"]*"/, '')
    t.strictSame(await whose(withoutType), [one, one], 'the official Ruby samples name no type')
    const deleted = (await changes(face, sinceEver)).records.at(-1)
    t.match(deleted, { activityType: 'Delete Lead', mktPersonId: String(two) })
    t.strictSame(attributesOf(deleted).at(-1), ['Lead ID', String(two)])
  },
)

t.test('keys have their limits and faults', async t => {
  const face = await aSoapFace()
  const keys = (count: number): string =>
    keySelector(
      'IDNUM',
      Array.from({ length: count }, (_, index) => index + 1),
    )
  const faultOf = (inside: string) => faultIn(face, aGetLeadChanges(sinceEver + inside))

  t.equal((await changes(face, sinceEver + keys(100))).returned, 0)
  t.match(await faultOf(keys(101)), ['20110', /at most 100 keyValues, got 101/])
  t.match(await faultOf(keySelector('PHONE', [1])), ['20102'])
  t.match(await faultOf(keySelector('IDNUM', [])), ['20101'])
  t.match(await faultOf(selector('LeadKeySelector', xml('keyType', 'EMAIL'))), ['20101'])
})

t.test('a static list selects its members, by name or by id', async t => {
  const face = await aSoapFace()
  const [one, two] = (await aCrowd(face, 2)) as [number, number]
  const list = (await face.store.addList('Newsletter', null))!
  const joining = { type: 'change-list', list, people: [two], isMember: true, strict: false } as const
  await face.writes.submit(aSubmission({ command: joining }))
  const listed = (inside: string) => sinceEver + selector('StaticListSelector', inside)
  const whose = async (inside: string): Promise<unknown[]> =>
    (await changes(face, listed(inside))).records.map(({ mktPersonId }) => Number(mktPersonId))

  t.strictSame(await whose(xml('staticListName', 'Newsletter')), [two, two, two])
  t.strictSame(await whose(xml('staticListId', list.id)), [two, two, two])
  t.notOk((await whose(xml('staticListId', list.id))).includes(one))
  const joined = (await changes(face, listed(xml('staticListId', list.id)))).records.at(-1)
  t.match(joined, { activityType: 'Add to List', mktgAssetName: 'Newsletter' })

  const unknown = aGetLeadChanges(listed(xml('staticListName', 'Nobody')))
  t.strictSame(await faultIn(face, unknown), ['20111', 'No static list found with the name Nobody (20111)'])
  t.match(await faultIn(face, aGetLeadChanges(listed(xml('staticListId', 7)))), ['20111', /the id 7/])
  t.match(await faultIn(face, aGetLeadChanges(listed('<staticListName xsi:nil="true"/>'))), ['20109', /got neither/])
})

t.test('filters: by names, by tokens, and by names where both are given', async t => {
  const face = await aSoapFace()
  await aCrowd(face, 1)
  const names = (...given: string[]): string =>
    xml('activityNameFilter', given.map(name => xml('stringItem', name)).join(''))
  const types = (form: string, ...given: string[]): string =>
    xml('activityFilter', xml(form, given.map(token => xml('activityType', token)).join('')))
  const kinds = async (inside: string): Promise<unknown[]> =>
    (await changes(face, sinceEver + inside)).records.map(({ activityType }) => activityType)

  t.strictSame(await kinds(names('New Lead')), ['New Lead'])
  t.strictSame(await kinds(names('New Lead', 'Change Data Value')), ['New Lead', 'Change Data Value'])
  t.strictSame(await kinds(names('Visit Webpage')), [])
  t.strictSame(await kinds(names('')), ['New Lead', 'Change Data Value'])
  t.strictSame(await kinds(types('includeTypes', 'ChangeDataValue')), ['Change Data Value'])
  t.strictSame(await kinds(types('excludeTypes', 'ChangeDataValue', 'ClickLink')), ['New Lead'])
  t.strictSame(await kinds(types('includeTypes', 'NewLead') + names('Change Data Value')), ['Change Data Value'])
  t.match(await faultIn(face, aGetLeadChanges(sinceEver + names('Take a Nap'))), ['20107', /Take a Nap/])
  t.match(await faultIn(face, aGetLeadChanges(sinceEver + types('excludeTypes', 'Nap'))), ['20107', /excludeTypes/])
})

t.test('batchSize goes to 1000, and is 100 where it is not given', async t => {
  const face = await aSoapFace()
  await aCrowd(face, 510)

  t.match(await changes(face, sinceEver), { returned: 100, remaining: 920 })
  t.match(await changes(face, sinceEver + xml('batchSize', 4000)), { returned: 1000, remaining: 20 })
  t.match(await faultIn(face, aGetLeadChanges(sinceEver + xml('batchSize', -5))), ['20110', /from 1 to 1000/])
})

t.test('a call without any position, and a bad one, have their faults', async t => {
  const face = await aSoapFace()

  t.match(await faultIn(face, aGetLeadChanges('')), ['20109', /expected a startPosition/])
  t.match(await faultIn(face, aGetLeadChanges('<startPosition/>')), ['20109'])
  t.match(await faultIn(face, aGetLeadChanges(aPosition({ offset: 'soon' }))), ['20122', /such as ID:4711, got 'soon'/])
  t.match(await faultIn(face, aGetLeadChanges(aPosition({ oldest: 'soon' }))), ['20110', /oldestCreatedAt/])
  t.equal((await changes(face, '<startPosition><offset xsi:nil="true"/></startPosition>')).returned, 0)
  for (const year of ['1000-01-01T00:00:00+14:00', '9999-12-31T23:59:59-14:00']) {
    t.equal((await changes(face, aPosition({ oldest: year, latest: year }))).returned, 0, year)
  }
})

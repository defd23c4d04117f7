// getMultipleLeads through the endpoint: whom each selector means, what is shown of them, and how pages follow pages.
import t from 'tap'
import { aSubmission } from '../support/builders.js'
import {
  aMessage,
  aSoapFace,
  aSyncLead,
  attributesIn,
  resultOf,
  type SoapFace,
  someAttributes,
  type Tree,
} from '../support/soap-face.js'

const dayMs = 24 * 3_600_000
const iso = (time: number): string => new Date(time).toISOString()

/** What is updated is timed by the clock of the machine, so the calls must be too. */
const aFace = (): Promise<SoapFace> => aSoapFace({ now: Date.now, signatureWindowMs: Number.MAX_SAFE_INTEGER })

const call = (content: string): string =>
  aMessage(`<ns1:paramsGetMultipleLeads>${content}</ns1:paramsGetMultipleLeads>`)

const selector = (type: string, content: string): string =>
  `<leadSelector xsi:type="ns1:${type}">${content}</leadSelector>`

const byKeys = (keyType: string, ...values: readonly string[]): string => {
  const items = values.map(value => `<stringItem>${value}</stringItem>`).join('')
  return selector('LeadKeySelector', `<keyType>${keyType}</keyType><keyValues>${items}</keyValues>`)
}

const byUpdate = (oldest: number, latest?: number): string => {
  const to = latest === undefined ? '' : `<latestUpdatedAt>${iso(latest)}</latestUpdatedAt>`
  return selector('LastUpdateAtSelector', `${to}<oldestUpdatedAt>${iso(oldest)}</oldestUpdatedAt>`)
}

interface Page {
  readonly ids: readonly number[]
  readonly records: readonly Tree[]
  readonly returnCount: number
  readonly remaining: number
  readonly position: string
}

async function pageOf(face: SoapFace, content: string): Promise<Page> {
  const { returnCount, remainingCount, newStreamPosition, leadRecordList } = resultOf(await face.send(call(content)))
  const records = [leadRecordList?.leadRecord ?? []].flat() as readonly Tree[]
  return {
    ids: records.map(({ Id }) => Number(Id)),
    records,
    returnCount: Number(returnCount),
    remaining: Number(remainingCount),
    position: String(newStreamPosition),
  }
}

const idsOf = async (face: SoapFace, content: string): Promise<readonly number[]> => (await pageOf(face, content)).ids

async function faultOf(face: SoapFace, content: string) {
  const { fault } = await face.send(call(content))
  return fault === null ? null : [fault.code, fault.message]
}

/** All pages, as a client reads them that goes on while something remains. */
async function allPages(
  face: SoapFace,
  content: string,
  between: () => Promise<void> = async () => {},
): Promise<Page[]> {
  const pages = [await pageOf(face, content)]
  while (pages.at(-1)!.remaining > 0) {
    await between()
    const position = `<streamPosition>${pages.at(-1)!.position}</streamPosition>`
    pages.push(await pageOf(face, content + position))
    if (pages.length > 100) throw new Error('the pages have no end')
  }
  return pages
}

async function save(face: SoapFace, record: string, rest = ''): Promise<number> {
  return Number(resultOf(await face.send(aSyncLead(record, `<returnLead>false</returnLead>${rest}`))).leadId)
}

const saveMany = async (face: SoapFace, count: number): Promise<readonly number[]> => {
  const ids: number[] = []
  for (let i = 0; i < count; i++) ids.push(await save(face, `<Email>p${i}@x.example</Email>`))
  return ids
}

t.test('leads are found by every type of key, and keys that nobody has are not missed', async t => {
  const face = await aFace()
  const foreign = '<ForeignSysPersonId>003A</ForeignSysPersonId><ForeignSysType>SFDC</ForeignSysType>'
  const ada = await save(face, '<Email>ada@x.example</Email>', '<marketoCookie>id:1&amp;token:a</marketoCookie>')
  const bob = await save(face, `<Email>bob@x.example</Email>${foreign}`)

  t.same(await idsOf(face, byKeys('IDNUM', String(bob), '4711', 'x', String(ada))), [ada, bob])
  t.same(await idsOf(face, byKeys('EMAIL', ' BOB@x.example', 'ada@x.example', 'nobody@x.example', '@')), [ada, bob])
  t.same(await idsOf(face, byKeys('COOKIE', 'id:1&amp;token:a', 'id:2')), [ada])
  t.same(await idsOf(face, byKeys('SFDCLEADID', '003A', '003B')), [bob])
  t.same(await idsOf(face, byKeys('SFDCCONTACTID', '003A')), [bob])
})

t.test('nobody at all is an empty page and not a fault', async t => {
  const face = await aFace()
  for (const keyType of ['IDNUM', 'COOKIE', 'EMAIL', 'LEADOWNEREMAIL', 'SFDCACCOUNTID', 'SFDCLEADID', 'SFDCOPPTYID']) {
    t.match(await pageOf(face, byKeys(keyType, '7')), { returnCount: 0, remaining: 0, position: '' }, keyType)
  }

  const { text } = await face.send(call(byKeys('EMAIL', 'nobody@x.example')))
  t.match(
    text,
    '<returnCount>0</returnCount><remainingCount>0</remainingCount><newStreamPosition></newStreamPosition>' +
      '<leadRecordList></leadRecordList>',
  )
})

t.test('a hundred keys are looked up, those behind them are not', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 101)

  const page = await pageOf(face, byKeys('IDNUM', ...ids.map(String)))

  t.same(page.ids, ids.slice(0, 100))
  t.same([page.remaining, page.position], [0, ''])
})

t.test('by keys all come at once, whatever batchSize says; many of one address come in pages', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 5)
  t.same(await idsOf(face, `${byKeys('IDNUM', ...ids.map(String))}<batchSize>2</batchSize>`), ids)

  for (let id = 1; id <= 1_005; id++) await save(face, `<Id>${id}</Id><Email>shared@x.example</Email>`)
  const pages = await allPages(face, byKeys('EMAIL', 'shared@x.example', 'p0@x.example'))

  t.same(
    pages.map(({ returnCount, remaining }) => [returnCount, remaining]),
    [
      [1_000, 6],
      [6, 0],
    ],
  )
  t.equal(new Set(pages.flatMap(page => page.ids)).size, 1_006)
})

t.test('a selector without keys or with an unknown key type is told', async t => {
  const face = await aFace()

  t.match(await faultOf(face, byKeys('IDNUM')), ['20101', /./])
  t.match(await faultOf(face, byKeys('PHONE', '7')), ['20102', /got 'PHONE'/])
  t.match(await faultOf(face, ''), ['20109', /expected a leadSelector/])
  t.match(await faultOf(face, '<leadSelector/>'), ['20109', /./])
  t.match(await faultOf(face, selector('HoroscopeSelector', '<sign>leo</sign>')), ['20110', /xsi:type/])
})

t.test('the window of updates takes whoever was touched in it, both ends included', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 3)
  const { updatedAt } = (await face.store.peopleByIds([ids[1]!]))[0]!.person

  t.same(await idsOf(face, byUpdate(updatedAt - dayMs)), ids)
  t.ok((await idsOf(face, byUpdate(updatedAt, updatedAt))).includes(ids[1]!))
  t.same(await idsOf(face, byUpdate(updatedAt + dayMs, updatedAt + 2 * dayMs)), [])
  t.same(await idsOf(face, byUpdate(updatedAt - dayMs, updatedAt - 1_000)), [])
})

t.test('a window of more than 30 days is refused, also where its end is now', async t => {
  const face = await aFace()
  const now = Date.now()

  // Counted in started days, and the server's clock goes on while it is asked.
  t.match(await faultOf(face, byUpdate(now - 31 * dayMs)), [
    '20022',
    /at most 30 days before latestUpdatedAt, got 3[12]/,
  ])
  t.match(await faultOf(face, byUpdate(now - 40 * dayMs, now - 5 * dayMs)), ['20022', /./])
  t.equal(await faultOf(face, byUpdate(now - 30 * dayMs, now)), null)
  t.equal(await faultOf(face, byUpdate(now - 400 * dayMs, now - 380 * dayMs)), null)
})

t.test('a window that has no beginning, or ends before it, is told', async t => {
  const face = await aFace()
  const now = Date.now()

  t.match(await faultOf(face, selector('LastUpdateAtSelector', `<latestUpdatedAt>${iso(now)}</latestUpdatedAt>`)), [
    '20109',
    /expected oldestUpdatedAt/,
  ])
  t.match(await faultOf(face, byUpdate(now, now - 1)), ['20110', /./])
  t.same(await idsOf(face, byUpdate(now + 60_000)), [], "a clock that is fast is nobody's fault")
})

t.test('the parameter from before there were selectors asks for all since', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 3)

  t.same(await idsOf(face, `<lastUpdatedAt>${iso(Date.now() - 400 * dayMs)}</lastUpdatedAt>`), ids)
  t.same(await idsOf(face, '<lastUpdatedAt>1066-01-01T00:00:00Z</lastUpdatedAt>'), ids)
  t.same(
    (await allPages(face, '<lastUpdatedAt>2010-01-01T00:00:00Z</lastUpdatedAt><batchSize>2</batchSize>')).map(
      p => p.ids,
    ),
    [ids.slice(0, 2), ids.slice(2)],
  )
})

t.test('a selector without xsi:type is known by its children', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 2)
  const since = iso(Date.now() - dayMs)

  t.same(await idsOf(face, `<leadSelector><oldestUpdatedAt>${since}</oldestUpdatedAt></leadSelector>`), ids)
  const key = '<keyType>EMAIL</keyType><keyValues><stringItem>p1@x.example</stringItem></keyValues>'
  t.same(await idsOf(face, `<leadSelector>${key}</leadSelector>`), [ids[1]])
  t.same(await idsOf(face, '<leadSelector><staticListName>None</staticListName></leadSelector>'), [])
})

t.test('pages of updates have every lead once, the first count is exact, the last position empty', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 23)

  const pages = await allPages(face, `${byUpdate(Date.now() - dayMs)}<batchSize>10</batchSize>`)

  t.same(
    pages.map(({ returnCount, remaining }) => [returnCount, remaining]),
    [
      [10, 13],
      [10, 3],
      [3, 0],
    ],
  )
  t.same(
    pages.flatMap(page => page.ids),
    ids,
  )
  t.ok(pages.slice(0, -1).every(({ position }) => position !== ''))
  t.equal(pages.at(-1)?.position, '')
})

t.test('whoever does not change comes exactly once while others are saved', async t => {
  const face = await aFace()
  const quiet = await saveMany(face, 40)
  let saved = 0
  const others = async () => {
    await save(face, `<Email>new${saved}@x.example</Email>`)
    await save(face, `<Id>${quiet[saved % 10]}</Id>${someAttributes(['City', String(++saved)])}`)
  }

  const pages = await allPages(face, `${byUpdate(Date.now() - dayMs)}<batchSize>7</batchSize>`, others)

  const seen = pages.flatMap(page => page.ids)
  for (const id of quiet.slice(10)) t.equal(seen.filter(each => each === id).length, 1, `${id} once`)
  t.equal(new Set(seen).size, seen.length, 'nobody twice')
  t.ok(pages.slice(0, -1).every(({ remaining }) => remaining > 0))
})

t.test('a client that moves the end of its window with each call gets the stream that it began', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 6)
  const since = Date.now() - 30 * dayMs
  const first = await pageOf(face, `${byUpdate(since, since + 30 * dayMs)}<batchSize>4</batchSize>`)
  await saveMany(face, 1)

  const rest = `<batchSize>4</batchSize><streamPosition>${first.position}</streamPosition>`
  const second = await pageOf(face, `${byUpdate(since, Date.now() + 2 * dayMs)}${rest}`)

  t.same(new Set([...first.ids, ...second.ids]).size, [...first.ids, ...second.ids].length)
  t.ok([...first.ids, ...second.ids].every(id => ids.includes(id)))
  t.equal(second.remaining, 0)
})

t.test('a page up to now waits for what has its time already and is still to be committed', async t => {
  const face = await aFace()
  const release = face.store.holdCommits()
  const saving = save(face, '<Email>ada@x.example</Email>')
  while (!face.store.isHolding) await new Promise(setImmediate)

  const reading = idsOf(face, byUpdate(Date.now() - dayMs))
  await new Promise(setImmediate)
  release()

  t.same(await reading, [await saving])
})

t.test('a page is 100 unless told, and 1000 at most', async t => {
  const face = await aFace()
  await saveMany(face, 101)
  const since = byUpdate(Date.now() - dayMs)

  t.match(await pageOf(face, since), { returnCount: 100, remaining: 1 })
  t.match(await pageOf(face, `${since}<batchSize>0</batchSize>`), { returnCount: 100 })
  t.match(await pageOf(face, `${since}<batchSize>5000</batchSize>`), { returnCount: 101, remaining: 0 })
  t.match(await faultOf(face, `${since}<batchSize>-1</batchSize>`), ['20110', /batchSize/])
})

t.test('a position that was not given for this selector is refused', async t => {
  const face = await aFace()
  await saveMany(face, 3)
  const since = byUpdate(Date.now() - dayMs)
  const { position } = await pageOf(face, `${since}<batchSize>1</batchSize>`)
  const at = (text: string): string => `<streamPosition>${text}</streamPosition>`

  for (const bad of ['x', '1', 'id:1', `${position}0x`, 'os:-1:to:1:tl:1:id:1:rc:1', 'id:9999999999999999:rc:1']) {
    t.match(await faultOf(face, since + at(bad)), ['20122', /./], bad)
  }
  t.match(await faultOf(face, since + at('li:7:id:1:rc:1')), ['20122', /./])
  t.match(await faultOf(face, byKeys('IDNUM', '1') + at(position)), ['20122', /./])
  const list = await face.store.addList('Newsletter', null)
  const named = selector('StaticListSelector', '<staticListName>Newsletter</staticListName>')
  t.match(await faultOf(face, named + at(position)), ['20122', /./])
  t.match(await faultOf(face, named + at(`li:${list!.id + 1}:id:1:rc:1`)), ['20122', /./])
})

t.test('an empty or nil position is the beginning', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 2)
  const since = byUpdate(Date.now() - dayMs)

  for (const position of [
    '<streamPosition/>',
    '<streamPosition xsi:nil="true"/>',
    '<streamPosition> </streamPosition>',
  ]) {
    t.same(await idsOf(face, since + position), ids, position)
  }
})

t.test('attributes that are named are shown, Email only among them, Id always', async t => {
  const face = await aFace()
  const values = someAttributes(['City', 'Turin'], ['LastName', 'Lovelace'], ['Unsubscribed', '1'])
  const id = await save(face, `<Email>ada@x.example</Email>${values}`)
  const shown = async (...names: readonly string[]) => {
    const items = names.map(name => `<stringItem>${name}</stringItem>`).join('')
    const include = `<includeAttributes>${items}</includeAttributes>`
    const [record] = (await pageOf(face, byKeys('IDNUM', String(id)) + include)).records
    const email = record?.Email as unknown
    return { id: Number(record?.Id), email: typeof email === 'string' ? email : null, attributes: attributesIn(record) }
  }

  t.same(await shown('City'), { id, email: null, attributes: [['City', 'Turin']] })
  t.same(await shown('Email', 'city', 'Pants'), { id, email: 'ada@x.example', attributes: [['City', 'Turin']] })
  t.same(await shown('Unsubscribed'), { id, email: null, attributes: [['Unsubscribed', '1']] })
  t.same(await shown('Pants'), { id, email: null, attributes: [] })
  t.equal((await shown()).attributes.length, 4)
  t.equal((await shown()).email, 'ada@x.example')
})

t.test('the members of a list come in pages, by its name or its id', async t => {
  const face = await aFace()
  const ids = await saveMany(face, 5)
  const list = (await face.store.addList('Newsletter', 'Spring'))!
  const command = { type: 'change-list', list, people: ids.slice(1), isMember: true, strict: false } as const
  await face.writes.submit(aSubmission({ command }))
  const named = selector('StaticListSelector', '<staticListName>Spring.Newsletter</staticListName>')
  const numbered = selector('StaticListSelector', `<staticListId>${list.id}</staticListId>`)

  for (const given of [named, numbered]) {
    const pages = await allPages(face, `${given}<batchSize>3</batchSize>`)
    t.same(
      pages.map(page => [page.ids, page.remaining]),
      [
        [ids.slice(1, 4), 1],
        [ids.slice(4), 0],
      ],
    )
  }
})

t.test('an unknown list has nobody on it, a list without name and id is a fault', async t => {
  const face = await aFace()
  const list = (content: string): string => selector('StaticListSelector', content)

  t.match(await pageOf(face, list('<staticListName>None</staticListName>')), { returnCount: 0, remaining: 0 })
  t.match(await pageOf(face, list('<staticListId>7</staticListId>')), { returnCount: 0, remaining: 0 })
  for (const content of ['', '<staticListName xsi:nil="true"/><staticListId xsi:nil="true"/>', '<staticListName/>']) {
    t.match(await faultOf(face, list(content)), ['20109', /./], content)
  }
})

// What the loops of real clients need, so that each of them ends and has seen everything once: the ones that go on
// until nothing comes, the ones that go on while something remains, and the one that counts down by itself.
import t, { type Test } from 'tap'
import { aPosition, changes, history, longAgo, type Page, xml } from '../support/activity-calls.js'
import {
  aMessage,
  aSoapFace,
  aSyncLead,
  resultOf,
  type SoapFace,
  someAttributes,
  type Tree,
} from '../support/soap-face.js'

const batch = xml('batchSize', 3)
const sinceEver = aPosition({ oldest: longAgo })

/** One lead with so many activities. */
async function aBusyLead(activities: number, face: SoapFace): Promise<number> {
  const save = async (record: string) => Number(resultOf(await face.send(aSyncLead(record))).leadId)
  const id = await save('<Email>ada@x.example</Email>')
  for (let n = 1; n < activities; n++) await save(`<Id>${id}</Id>${someAttributes(['City', `Place ${n}`])}`)
  return id
}

type Read = (position: string) => Promise<Page>
type GoOn = (page: Page) => string
type Ends = (page: Page, seen: number) => boolean

/** How clients say where they are. */
const positions: Readonly<Record<string, GoOn>> = {
  'newStartPosition echoed, nil elements too': page => page.echo,
  'only the offset': page => aPosition({ offset: page.offset! }),
}

/** When clients stop; the first count is what the third one has to go by. */
const ends: Readonly<Record<string, (first: Page) => Ends>> = {
  'returnCount is 0': () => page => page.returned === 0,
  'remainingCount is 0': () => page => page.remaining === 0,
  'the first remainingCount is used up': first => (_, seen) => seen >= first.returned + first.remaining,
}

/** The ids in the order in which they came; throws where a loop goes on for ever. */
async function readAll(
  read: Read,
  start: string,
  goOn: GoOn,
  until: (first: Page) => Ends,
): Promise<readonly number[]> {
  let page = await read(start)
  const hasEnded = until(page)
  const ids = [...page.ids]
  for (let calls = 1; !hasEnded(page, ids.length); calls++) {
    if (calls > 20) throw new Error('this loop does not end')
    page = await read(goOn(page))
    ids.push(...page.ids)
  }
  return ids
}

async function checkLoops(t: Test, read: Read, start: string, expected: readonly number[]): Promise<void> {
  for (const [way, goOn] of Object.entries(positions)) {
    for (const [end, until] of Object.entries(ends)) {
      t.strictSame(await readAll(read, start, goOn, until), expected, `${way}, until ${end}`)
    }
  }
}

// Seven of three a page ends within a page, six ends with one: a loop may go wrong at either.
for (const count of [6, 7]) {
  t.test(`needs: getLeadChanges over ${count} records ends for every loop, and each record comes once`, async t => {
    const face = await aSoapFace()
    await aBusyLead(count, face)
    const oldestFirst = Array.from({ length: count }, (_, index) => index + 1)

    await checkLoops(t, position => changes(face, position + batch), sinceEver, oldestFirst)
  })

  t.test(`needs: getLeadActivity over ${count} records ends for every loop, and each record comes once`, async t => {
    const face = await aSoapFace()
    const id = await aBusyLead(count, face)
    const newestFirst = Array.from({ length: count }, (_, index) => count - index)

    await checkLoops(t, position => history(face, id, position + batch), '', newestFirst)
  })
}

t.test('needs: a page after the last one is empty, remains at 0 and gives the same position', async t => {
  const face = await aSoapFace()
  const id = await aBusyLead(2, face)
  const reads: readonly Read[] = [position => changes(face, position), position => history(face, id, position)]
  for (const [index, read] of reads.entries()) {
    const last = await read(index === 0 ? sinceEver : '')
    let page = last
    for (let again = 0; again < 3; again++) {
      page = await read(page.echo)
      t.match(page, { returned: 0, remaining: 0, offset: last.offset })
    }
  }
})

t.test('needs: where nothing has happened at all, every loop ends with the first answer', async t => {
  const face = await aSoapFace()
  const page = await changes(face, sinceEver)

  t.match(page, { returned: 0, remaining: 0, ids: [] })
  t.match(page.oldest, /^2001-01-01T00:00:00/, 'and the time is there to come back with')
  t.equal((await changes(face, page.echo)).returned, 0)
  const onlyOffset = await changes(face, '<startPosition><offset xsi:nil="true"/></startPosition>')
  t.match(onlyOffset, { returned: 0, remaining: 0 }, 'also for a client that sends back only the offset, which is nil')
})

t.test('needs: getMultipleLeads ends by remainingCount and by returnCount, and each lead comes once', async t => {
  const face = await aSoapFace({ now: Date.now, signatureWindowMs: Number.MAX_SAFE_INTEGER })
  const all: string[] = []
  for (let n = 1; n <= 7; n++) {
    all.push(String(resultOf(await face.send(aSyncLead(`<Email>lead-${n}@x.example</Email>`))).leadId))
  }
  const selector =
    '<leadSelector xsi:type="ns1:LastUpdateAtSelector">' +
    `${xml('oldestUpdatedAt', new Date(Date.now() - 3_600_000).toISOString())}</leadSelector>`
  const read = async (position: string): Promise<Tree> =>
    resultOf(
      await face.send(
        aMessage(`<ns1:paramsGetMultipleLeads>${selector}${position}${batch}</ns1:paramsGetMultipleLeads>`),
      ),
    )
  for (const count of ['remainingCount', 'returnCount'] as const) {
    const ids: string[] = []
    let result = await read('')
    for (let calls = 0; ; calls++) {
      if (calls > 20) throw new Error('this loop does not end')
      const records = [result.leadRecordList?.leadRecord ?? []].flat() as readonly Tree[]
      ids.push(...records.map(({ Id }) => String(Id)))
      // The recorded last page has an empty position, with which a loop until nothing comes would begin again.
      if (String(result[count]) === '0' || String(result.newStreamPosition) === '') break
      result = await read(xml('streamPosition', String(result.newStreamPosition)))
    }
    t.strictSame(ids.toSorted(), all.toSorted(), count)
  }
})

// importToList and getImportToListStatus through the endpoint: what is taken, what rows become, what is said.
import t from 'tap'
import { StoreUnavailable } from '../../src/service/ports.js'
import { aKey, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { personIdOf } from '../support/group-commits.js'
import { anImport, anImportStatus, anImportWorker, type ImportTraits, imported } from '../support/import-calls.js'
import { aMessage, aSoapFace, resultOf, type SoapFace } from '../support/soap-face.js'

async function membersOf(face: SoapFace, name = 'Fair.Visitors'): Promise<readonly string[]> {
  const list = await face.store.listByName(name)
  const ids = await face.store.membersOf(list!.id, { after: 0, limit: 1_000 })
  return (await face.store.peopleByIds(ids)).map(({ person }) => person.address?.text ?? '').sort()
}

async function fieldsOf(face: SoapFace, address: string): Promise<Readonly<Record<string, string>> | undefined> {
  const [view] = await face.store.peopleByAddress(aKey(address), 1)
  return view?.person.fields
}

const person = async (face: SoapFace, traits: Parameters<typeof aSave>[0]) =>
  personIdOf(await face.writes.submit(aSubmission({ command: aSave(traits) })))

async function faultOf(face: SoapFace, traits: ImportTraits | string) {
  const { fault } = await face.send(typeof traits === 'string' ? traits : anImport(traits))
  return fault === null ? null : [fault.code, fault.message]
}

t.test('an import is acknowledged at once, then carried out, and its figures are true', async t => {
  const face = await aSoapFace()
  await person(face, { address: 'bob@x.example', fields: { City: 'Turin' } })

  const { text } = await face.send(
    anImport({ rows: ['ada@x.example,Ada', 'BOB@x.example,Bob', 'not an address,X', ''] }),
  )
  t.match(text, '<ns1:successImportToList><result><importStatus>PROCESSING</importStatus></result>')
  const before = await face.send(anImportStatus())
  t.match(resultOf(before), { status: 'PROCESSING', estimatedRows: '4', rowsImported: '0' })
  t.match(before.text, '<startedTime xsi:nil="true"/><endedTime xsi:nil="true"/><estimatedTime xsi:nil="true"/>')

  const worker = anImportWorker(face)
  t.equal(await worker.round(), true)
  t.equal(await worker.round(), false)

  const status = resultOf(await face.send(anImportStatus()))
  t.match(status, { status: 'COMPLETE', estimatedRows: '4', rowsImported: '2', rowsFailed: '1', rowsIgnored: '1' })
  t.match(status.startedTime, /^\d{4}-\d\d-\d\dT[\d:]+\+00:00$/)
  t.match(status.endedTime, /^\d{4}-/)
  t.match(status.importSummary, /^2 of 4 rows imported, 1 failed, 1 ignored\. row 3: Email: /)
  t.same(await membersOf(face), ['ada@x.example', 'bob@x.example'])
  t.same(await fieldsOf(face, 'bob@x.example'), { City: 'Turin', FirstName: 'Bob' })
})

t.test('columns are named by label, by SOAP name or by JSON name; quotes hold commas, quotes and lines', async t => {
  const face = await aSoapFace()

  await imported(face, {
    header: '\uFEFF"Email Address", FirstName ,lastName,"Job Title"',
    rows: ['ada@x.example,"Ada, ""the"" first","Love\nlace",', 'bob@x.example,Bob'],
  })

  t.same(await fieldsOf(face, 'ada@x.example'), { FirstName: 'Ada, "the" first', LastName: 'Love\nlace' })
  t.same(await fieldsOf(face, 'bob@x.example'), { FirstName: 'Bob' })
})

t.test('an empty cell says nothing, a blank one clears', async t => {
  const face = await aSoapFace()
  await person(face, { address: 'ada@x.example', fields: { FirstName: 'Ada', City: 'Turin' } })

  await imported(face, { header: 'Email,First Name,City', rows: ['ada@x.example,, '] })

  t.same(await fieldsOf(face, 'ada@x.example'), { FirstName: 'Ada' })
})

t.test('rows with one address are one person, and the last one stands', async t => {
  const face = await aSoapFace()

  const status = await imported(face, {
    rows: ['ada@x.example,A', 'x@x.example,X', 'y@x.example,Y', 'ADA@x.example,B'],
  })

  t.match(status, { rowsImported: '4', rowsFailed: '0' })
  t.equal((await face.store.status(aKey('ada@x.example'))).people, 1)
  t.match(await fieldsOf(face, 'ada@x.example'), { FirstName: 'B' })
})

t.test('what is wrong with a row fails that row alone, and is said', async t => {
  const face = await aSoapFace()
  const header = 'Email Address,First Name,Num Employees'
  const rows = [
    'a@x.example,A,12',
    'b@x.example,B,many',
    'c@x.example,"C',
    ',D,1',
    'e@x.example,E,1,surplus',
    'f@x.example,F,1,,',
    'g@x.example,G,1\nh@x.example,H,1',
  ]

  const status = await imported(face, { header, rows })

  t.match(status, { status: 'COMPLETE', rowsImported: '2', rowsFailed: '5', rowsIgnored: '0' })
  t.equal(
    String(status.importSummary),
    [
      '2 of 7 rows imported, 5 failed, 0 ignored',
      "row 2: NumberOfEmployees: expected a whole number, got 'many'",
      'row 3: a quote is opened and never closed',
      'row 4: Email: expected an address, got none',
      'row 5: expected 3 values, got 4',
      'row 7: expected one row, got several lines',
    ].join('. '),
  )
  t.same(await membersOf(face), ['a@x.example', 'f@x.example'])
})

t.test('of many problems the first are told, and how many more there are', async t => {
  const face = await aSoapFace()

  const status = await imported(face, { rows: Array.from({ length: 50 }, () => 'n/a,X') })

  t.match(status, { rowsFailed: '50', rowsImported: '0' })
  t.match(status.importSummary, /row 20: .*\. and 30 more like these$/)
})

t.test('R11: a column about the flag changes nobody, and each row that speaks of it is counted', async t => {
  const face = await aSoapFace()
  await face.writes.submit(aSubmission({ command: aSubscription('unsubscribed', 'out@x.example') }))
  await person(face, { address: 'in@x.example' })

  const status = await imported(face, {
    header: 'Email Address,Unsubscribed,City',
    rows: ['out@x.example,0,Turin', 'in@x.example,1,Turin', 'new@x.example,true,Turin', 'quiet@x.example,,Turin'],
  })

  t.match(status, { rowsImported: '4' })
  t.match(status.importSummary, /3 rows say something about Unsubscribed, which an import never changes/)
  for (const [name, expected] of [
    ['out', 'unsubscribed'],
    ['in', 'subscribed'],
    ['new', 'subscribed'],
  ] as const)
    t.equal((await face.store.status(aKey(`${name}@x.example`))).status.status, expected, name)
  t.match(await fieldsOf(face, 'out@x.example'), { City: 'Turin' })
})

t.test('LISTONLY makes nobody and changes nobody; it only puts on the list who is there', async t => {
  const face = await aSoapFace()
  await person(face, { address: 'ada@x.example', fields: { FirstName: 'Ada' } })

  const status = await imported(face, { mode: 'listonly', rows: ['ada@x.example,Other', 'new@x.example,New', 'bad,X'] })

  t.match(status, { rowsImported: '1', rowsIgnored: '1', rowsFailed: '1' })
  t.same(await membersOf(face), ['ada@x.example'])
  t.same(await fieldsOf(face, 'ada@x.example'), { FirstName: 'Ada' })
  t.same(await face.store.peopleByAddress(aKey('new@x.example'), 1), [])
})

t.test('clearList takes everybody off first, and only then', async t => {
  const face = await aSoapFace()
  await imported(face, { rows: ['a@x.example,A', 'b@x.example,B'] })

  await imported(face, { rows: ['c@x.example,C'] })
  t.same(await membersOf(face), ['a@x.example', 'b@x.example', 'c@x.example'])
  await imported(face, { rows: ['b@x.example,B', 'd@x.example,D'], clear: '1' })
  t.same(await membersOf(face), ['b@x.example', 'd@x.example'])
})

t.test('a list that is missing is made in its program; one that is there is used', async t => {
  const face = await aSoapFace()
  const list = await face.store.addList('Visitors', 'Fair')

  await imported(face, {})
  await imported(face, { list: 'New' })

  t.same(
    (await face.store.lists()).map(({ name, program }) => [name, program]),
    [
      ['Fair.New', 'Fair'],
      ['Fair.Visitors', 'Fair'],
    ],
  )
  t.equal((await face.store.membersOf(list!.id, { after: 0, limit: 9 })).length, 1)
})

t.test('imports into one list go in their order, and the status is that of the last', async t => {
  const face = await aSoapFace()
  await face.send(anImport({ rows: ['a@x.example,First', 'b@x.example,First'] }))
  await face.send(anImport({ rows: ['a@x.example,Second', '', ''] }))
  const worker = anImportWorker(face)

  await worker.round()
  t.match(resultOf(await face.send(anImportStatus())), { status: 'PROCESSING', estimatedRows: '3' })
  await worker.round()

  t.match(resultOf(await face.send(anImportStatus())), { status: 'COMPLETE', rowsImported: '1', rowsIgnored: '2' })
  t.match(await fieldsOf(face, 'a@x.example'), { FirstName: 'Second' })
})

t.test('a campaign runs on those that were imported, filled with the tokens of their rows', async t => {
  const face = await aSoapFace()
  const steps = [{ field: 'Title', value: 'met at {{my.Booth}}' }]
  await face.store.addFlow({ name: 'Thank', program: 'Fair', description: '', steps, listId: null })
  const header = 'Email Address,{{my.booth}}'
  const rows = ['ada@x.example,stand 4', 'bad,stand 5', 'bob@x.example,stand 6']

  const status = await imported(face, { header, rows, campaign: 'Thank' })

  t.match(status, { rowsImported: '2', rowsFailed: '1' })
  t.same(await fieldsOf(face, 'ada@x.example'), { Title: 'met at stand 4' })
  t.same(await fieldsOf(face, 'bob@x.example'), { Title: 'met at stand 6' })
  const [ada] = await face.store.peopleByAddress(aKey('ada@x.example'), 1)
  t.match((await face.store.activitiesOf(ada!.person.id, { after: 0, limit: 9 })).at(-1), {
    attribute: 'Title',
    reason: /^Changed by Smart Campaign Fair\.Thank/,
  })

  const lacking = await imported(face, { rows: ['eve@x.example,Eve'], campaign: 'Thank' })
  t.match(lacking, { rowsImported: '1', importSummary: /row 1: the campaign was not run: Title: expected a value/ })
  t.same(await faultOf(face, { campaign: 'Other' }), [
    '20113',
    'No campaign found with the name Other in the program Fair (20113)',
  ])
})

t.test('tokens that nobody asks for, and columns that nobody may write, are passed over and named', async t => {
  const face = await aSoapFace()
  const header = 'Email Address,{{my.booth}},Inferred Country'

  const status = await imported(face, { header, rows: ['ada@x.example,4,Italy'] })

  t.match(status, { rowsImported: '1' })
  t.match(status.importSummary, 'column {{my.booth}} was passed over')
  t.match(status.importSummary, 'column Inferred Country was passed over')
  t.same(await fieldsOf(face, 'ada@x.example'), {})
})

t.test('what cannot be taken is refused as a whole, with what was expected', async t => {
  const face = await aSoapFace()
  const wrong: readonly (readonly [ImportTraits, string, RegExp])[] = [
    [{ header: 'Email Address,Pants,Socks' }, '20105', /unknown fields for import: Pants, Socks \(20105\)$/],
    [{ header: 'First Name' }, '20110', /expected a column Email Address/],
    [{ header: 'Email,Email Address' }, '20110', /expected one column for Email, got two/],
    [{ header: 'Email,,City' }, '20110', /expected a name in column 2/],
    [{ header: '"Email' }, '20110', /importFileHeader: a quote is opened/],
    [{ header: ' ' }, '20109', /expected importFileHeader/],
    [{ rows: [] }, '20109', /expected importFileRows/],
    [{ mode: 'MERGE' }, '20110', /expected one of UPSERTLEADS, LISTONLY, got 'MERGE'/],
    [{ mode: '' }, '20109', /importListMode/],
    [{ program: ' ' }, '20109', /expected programName/],
    [{ list: '' }, '20109', /expected listName/],
    [{ list: 'x'.repeat(252) }, '20110', /listName: expected at most 255 characters/],
    [{ as: 'reader' }, '20013', /./],
  ]

  for (const [traits, code, text] of wrong) t.match(await faultOf(face, traits), [code, text], JSON.stringify(traits))
  t.same(await face.store.lists(), [], 'not even a list is made')
  t.equal(await anImportWorker(face).round(), false)
})

t.test('an unknown column becomes a field where the operator allows it', async t => {
  const face = await aSoapFace({ acceptUnknownFields: true })

  await imported(face, { header: 'Email,Favourite Colour', rows: ['ada@x.example,red'] })

  t.same(await fieldsOf(face, 'ada@x.example'), { 'Favourite Colour': 'red' })
})

t.test('the status of a list that is not there, or never had an import, is 20111', async t => {
  const face = await aSoapFace()
  await face.store.addList('Empty', null)

  t.match(await faultOf(face, anImportStatus()), ['20111', /No list found with the name Fair.Visitors/])
  t.match(await faultOf(face, anImportStatus('', 'Empty')), ['20111', /Nothing was ever imported/])
  t.match(await faultOf(face, aMessage('<ns1:paramsGetImportToListStatus/>')), ['20109', /expected listName/])
  await imported(face, {})
  t.match(resultOf(await face.send(anImportStatus('', 'Fair.Visitors', { as: 'reader' }))), { status: 'COMPLETE' })
})

t.test('an import that is sent again under its name is the same import', async t => {
  const face = await aSoapFace()
  const blocks = '<ns1:ClientRequestId>one</ns1:ClientRequestId>'
  await face.send(anImport({ blocks }))
  await anImportWorker(face).round()

  t.match(resultOf(await face.send(anImport({ blocks }))), { importStatus: 'COMPLETE' })
  t.equal(await anImportWorker(face).round(), false)
  t.match(await faultOf(face, { blocks, rows: ['other@x.example,X'] }), ['20110', /ClientRequestId/])
})

t.test('a store that fails in the middle makes no row count twice, and undoes nothing that came after', async t => {
  const face = await aSoapFace()
  await face.send(anImport({ rows: ['a@x.example,Old', 'b@x.example,Old', 'bad,Old'], header: 'Email,First Name' }))
  const worker = anImportWorker(face)
  const isOfLists = (kind: string) => kind === 'change-list'
  let failures = 0
  face.store.watchAppends(({ entries }) => {
    if (failures === 0 && entries.some(({ kind }) => isOfLists(kind)) && ++failures)
      throw new Error('the list could not be written')
  })

  await worker.round()
  t.equal(worker.defects.length, 1)
  t.match(resultOf(await face.send(anImportStatus())), { status: 'FAILED', importSummary: /stopped behind row 0/ })

  await face.send(anImport({ rows: ['a@x.example,New', 'b@x.example,New'] }))
  const flaky = anImportWorker({ ...face, writes: interrupted(face) })
  await t.rejects(flaky.round(), StoreUnavailable)
  await person(face, { by: 'a@x.example', fields: { FirstName: 'Newest' } })
  await anImportWorker(face).round()

  t.match(resultOf(await face.send(anImportStatus())), { status: 'COMPLETE', rowsImported: '2', rowsFailed: '0' })
  t.match(await fieldsOf(face, 'a@x.example'), { FirstName: 'Newest' })
  t.same(await membersOf(face), ['a@x.example', 'b@x.example'])
})

/** Carries out what it is given, and then says that the store cannot be reached. */
function interrupted({ writes }: SoapFace): SoapFace['writes'] {
  const submitAll: SoapFace['writes']['submitAll'] = async submissions => {
    await writes.submitAll(submissions)
    return submissions.map(() => new StoreUnavailable('the connection was lost'))
  }
  return Object.create(writes, { submitAll: { value: submitAll }, submitted: { value: 0 } })
}

t.test('who is told to stop leaves the rest to the next, at once', async t => {
  const face = await aSoapFace()
  await face.send(anImport({ rows: Array.from({ length: 7 }, (_, index) => `p${index}@x.example,P`) }))
  const stop = new AbortController()
  face.store.watchAppends(() => stop.abort())

  await anImportWorker(face).round(stop.signal)
  t.match(resultOf(await face.send(anImportStatus())), { status: 'PROCESSING', rowsImported: '3' })
  t.equal(await anImportWorker(face).round(), true)

  t.match(resultOf(await face.send(anImportStatus())), { status: 'COMPLETE', rowsImported: '7' })
  t.equal((await membersOf(face)).length, 7)
})

t.test('an import that somebody is at is left to them until their lease is over', async t => {
  const face = await aSoapFace()
  await face.send(anImport())
  let now = Date.now()
  await face.store.claimJob(now, { holder: 'crashed', until: now + 10_000 }, 'lists')

  t.equal(await anImportWorker(face, { now: () => now }).round(), false)
  now += 10_001
  t.equal(await anImportWorker(face, { now: () => now }).round(), true)
  t.match(resultOf(await face.send(anImportStatus())), { status: 'COMPLETE' })
})

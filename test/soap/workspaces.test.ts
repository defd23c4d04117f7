// syncLead with a context header: where new people are put, and who is out of reach (legacy-soap-contract 3.5).
import t from 'tap'
import { aKey, aSave, aSubmission } from '../support/builders.js'
import { personIdOf } from '../support/group-commits.js'
import { aSoapFace, aSyncLead, resultOf, type SoapFace, someAttributes } from '../support/soap-face.js'

async function aFace(): Promise<SoapFace> {
  const face = await aSoapFace()
  await face.store.addWorkspace({ name: 'Japan', partition: 'Asia' })
  return face
}

function send(face: SoapFace, workspace: string | null, record: string, rest?: string) {
  const context = `<targetWorkspace>${workspace}</targetWorkspace>`
  const blocks = workspace === null ? '' : `<ns1:MktowsContextHeader>${context}</ns1:MktowsContextHeader>`
  return face.send(aSyncLead(record, rest, { blocks }))
}

async function partitionOf(face: SoapFace, id: number): Promise<string | undefined> {
  return (await face.store.peopleByIds([id]))[0]?.person.partition
}

async function save(face: SoapFace, workspace: string | null, record: string, rest?: string): Promise<number> {
  return Number(resultOf(await send(face, workspace, record, rest)).leadId)
}

const inEurope = async (face: SoapFace, traits: Parameters<typeof aSave>[0]) =>
  personIdOf(await face.writes.submit(aSubmission({ command: aSave({ partition: 'Europe', ...traits }) })))

t.test('a new lead goes to the partition of the workspace, named in any letter case', async t => {
  const face = await aFace()

  for (const [index, name] of ['Japan', 'JAPAN', ' japan '].entries()) {
    t.equal(await partitionOf(face, await save(face, name, `<Email>${index}@x.example</Email>`)), 'Asia')
  }
})

t.test('without the header, or for Default, it goes to the partition Default', async t => {
  const face = await aFace()

  for (const [index, name] of [null, 'default', 'Default', 'DEFAULT', ''].entries()) {
    t.equal(await partitionOf(face, await save(face, name, `<Email>${index}@x.example</Email>`)), 'Default')
  }
})

t.test(
  'who is matched by Id, foreign id or cookie in another partition cannot be saved from the workspace',
  async t => {
    const face = await aFace()
    const foreignId = { system: 'CUSTOM', value: 'F1' }
    const id = await inEurope(face, { address: 'ada@x.example', foreignId, cookie: 'c1' })
    const records: readonly (readonly [string, string?])[] = [
      [`<Id>${id}</Id>`],
      ['<ForeignSysPersonId>F1</ForeignSysPersonId>'],
      [someAttributes(['City', 'Pune']), '<returnLead>false</returnLead><marketoCookie>c1</marketoCookie>'],
    ]

    for (const [record, rest] of records) {
      const { fault } = await send(face, 'Japan', record, rest)
      const message = new RegExp(`lead ${id} is in the partition 'Europe', the target workspace has 'Asia'`)
      t.match(fault, { code: '20106', message })
      t.equal(await save(face, 'default', record, rest), id, 'Default and no header update it where it is')
      t.equal(await save(face, null, record, rest), id)
    }
  },
)

t.test('who is matched by e-mail is updated where it is', async t => {
  const face = await aFace()
  const id = await inEurope(face, { address: 'ada@x.example' })

  t.equal(await save(face, 'Japan', '<Email>ada@x.example</Email>'), id)
  t.equal(await partitionOf(face, id), 'Europe')
})

t.test('an opt-out from one workspace reaches the address in every partition', async t => {
  const face = await aFace()
  await inEurope(face, { address: 'ada@x.example' })

  await save(face, 'Japan', `<Email>ada@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)

  const people = await face.store.peopleByAddress(aKey('ada@x.example'), 10)
  t.ok(people.every(({ status }) => status?.status === 'unsubscribed'))
})

t.test('an unknown workspace is refused and named', async t => {
  const { fault } = await send(await aFace(), 'Atlantis', '<Email>ada@x.example</Email>')

  t.match(fault, { code: '20110', message: /targetWorkspace: expected Default or .*, got unknown 'Atlantis'/ })
})

// listOperation through the endpoint: who gets onto a list and off it, and what is said of each.
import t from 'tap'
import { aForeignId, aSave, aSubmission } from '../support/builders.js'
import { personIdOf } from '../support/group-commits.js'
import { aMessage, aSoapFace, type HeaderTraits, resultOf, type SoapFace, type Tree } from '../support/soap-face.js'

const name = 'Fair.Visitors'

interface Asked extends HeaderTraits {
  readonly list?: string
  readonly listKeyType?: string
  readonly rest?: string
}

/** Each member as [key type, key value]; a number alone is an id. */
type Member = number | readonly [string, string]

function aListOperation(operation: string, members: readonly Member[], asked: Asked = {}): string {
  const { list = name, listKeyType = 'MKTOLISTNAME', rest = '', ...traits } = asked
  const keys = members.map(member => {
    const [keyType, keyValue] = typeof member === 'number' ? ['IDNUM', String(member)] : member
    return `<leadKey><keyType>${keyType}</keyType><keyValue>${keyValue}</keyValue></leadKey>`
  })
  return aMessage(
    `<ns1:paramsListOperation><listOperation>${operation}</listOperation>` +
      `<listKey><keyType>${listKeyType}</keyType><keyValue>${list}</keyValue></listKey>` +
      `<listMemberList>${keys.join('')}</listMemberList>${rest}</ns1:paramsListOperation>`,
    traits,
  )
}

/** A face with the list, and so many people: p1@x.example and on. */
async function aFace(people: number) {
  const face = await aSoapFace()
  const list = await face.store.addList('Visitors', 'Fair')
  const ids: number[] = []
  for (let number = 1; number <= people; number++) ids.push(await person(face, { address: `p${number}@x.example` }))
  const members = () => face.store.membersOf(list!.id, { after: 0, limit: 10_000 })
  const ask = async (operation: string, who: readonly Member[], asked?: Asked) =>
    answerIn(resultOf(await face.send(aListOperation(operation, who, asked))))
  return { face, list: list!, ids, members, ask }
}

async function person(face: SoapFace, traits: Parameters<typeof aSave>[0]): Promise<number> {
  return personIdOf(await face.writes.submit(aSubmission({ command: aSave({ mode: 'duplicate', ...traits }) })))
}

/** [success, [key value, status] of each]; no list is null. */
function answerIn({ success, statusList }: Tree) {
  const given = statusList?.leadStatus as unknown
  if (given === undefined) return [success, null]
  const list = (Array.isArray(given) ? given : [given]) as readonly Tree[]
  return [success, list.map(({ leadKey, status }) => [leadKey?.keyValue, status])]
}

async function faultOf(face: SoapFace, message: string) {
  const { fault } = await face.send(message)
  return fault === null ? null : [fault.code, fault.message]
}

t.test('who is added and taken off in full is answered with a nil list, as recorded', async t => {
  const { face, ids, members, ask } = await aFace(3)

  const { text } = await face.send(aListOperation('ADDTOLIST', [ids[0]!, ids[1]!]))
  t.match(text, '<ns1:successListOperation><result><success>true</success><statusList xsi:nil="true"/></result>')
  t.same(await members(), [ids[0], ids[1]])
  t.same(await ask('ADDTOLIST', [ids[0]!, ids[2]!]), ['true', null], 'who is there already is added with success')
  t.same(await ask('REMOVEFROMLIST', [ids[0]!, ids[1]!]), ['true', null])
  t.same(await members(), [ids[2]])
})

t.test('what fails is said by its key; what can be done is done', async t => {
  const { ids, members, ask } = await aFace(2)

  t.same(await ask('ADDTOLIST', [ids[0]!, 99, ['EMAIL', 'nobody@x.example']]), [
    'false',
    [
      ['99', 'false'],
      ['nobody@x.example', 'false'],
    ],
  ])
  t.same(await members(), [ids[0]])
  t.same(await ask('REMOVEFROMLIST', [ids[0]!, ids[1]!, 99]), [
    'false',
    [
      [String(ids[1]), 'false'],
      ['99', 'false'],
    ],
  ])
  t.same(await members(), [])
  t.same(await ask('ADDTOLIST', [98, 99]), [
    'false',
    [
      ['98', 'false'],
      ['99', 'false'],
    ],
  ])
})

t.test('strict does all or nothing', async t => {
  const { ids, members, ask } = await aFace(2)
  const strict = { rest: '<strict>true</strict>' }

  t.same(await ask('ADDTOLIST', [ids[0]!, 99], strict), ['false', [['99', 'false']]])
  t.same(await members(), [])
  t.same(await ask('ADDTOLIST', [ids[0]!], strict), ['true', null])
  t.same(await ask('REMOVEFROMLIST', ids, strict), ['false', [[String(ids[1]), 'false']]])
  t.same(await members(), [ids[0]])
})

t.test('a question is always answered with a list, and changes nothing', async t => {
  const { face, ids, members, ask } = await aFace(2)
  await ask('ADDTOLIST', [ids[0]!])
  const { seq } = await face.store.head()

  t.same(await ask('ISMEMBEROFLIST', [ids[0]!]), ['true', [[String(ids[0]), 'true']]])
  t.same(await ask('ISMEMBEROFLIST', [ids[0]!, ids[1]!, 99]), [
    'false',
    [
      [String(ids[0]), 'true'],
      [String(ids[1]), 'false'],
      ['99', 'false'],
    ],
  ])
  t.same(await members(), [ids[0]])
  t.equal((await face.store.head()).seq, seq)
})

t.test('CLEARLIST takes everybody off, however many they are', async t => {
  const { face, list, members, ask } = await aFace(0)
  const { writes } = face
  const commands = Array.from({ length: 1_201 }, (_, index) => aSave({ id: index + 1, by: `c${index}@x.example` }))
  await writes.submitAll(commands.map(command => aSubmission({ command })))
  const people = commands.map((_, index) => index + 1)
  const join = { type: 'change-list', list, people, isMember: true, strict: true } as const
  await writes.submit(aSubmission({ command: join }))
  t.equal((await members()).length, 1_201)

  t.same(await ask('CLEARLIST', []), ['true', null])
  t.same(await members(), [])
  t.same(await ask('CLEARLIST', []), ['true', null], 'an empty list is cleared with success')
})

t.test('members are named by any key that getLead knows; a key of many stands for them all', async t => {
  const { face, members, ask } = await aFace(0)
  const cookie = 'id:000-AAA-111&token:_mch-x.example-1'
  const ada = await person(face, { address: 'ada@x.example', cookie })
  const bob = await person(face, { address: 'bob@x.example', foreignId: aForeignId('003A', 'SFDC') })
  const twins = [await person(face, { address: 'twin@x.example' }), await person(face, { address: 'twin@x.example' })]

  await ask('ADDTOLIST', [
    ['COOKIE', cookie.replace('&', '&amp;')],
    ['SFDCCONTACTID', '003A'],
    ['email', ' Twin@x.example'],
  ])
  t.same(await members(), [ada, bob, ...twins])

  await ask('REMOVEFROMLIST', [twins[0]!])
  t.match(await ask('ISMEMBEROFLIST', [['EMAIL', 'twin@x.example']]), ['false'])
  t.match(
    await ask('ADDTOLIST', [
      ['SFDCLEADOWNERID', '7'],
      ['LEADOWNEREMAIL', 'x@x.example'],
    ]),
    ['false'],
  )
})

t.test('the same member twice is one', async t => {
  const { ids, members, ask } = await aFace(1)

  t.same(await ask('ADDTOLIST', [ids[0]!, ids[0]!, ['EMAIL', 'p1@x.example']]), ['true', null])
  t.same(await members(), ids)
})

t.test('a list that is not there, or of a kind that is not kept, is 20111', async t => {
  const { face, ids } = await aFace(1)

  for (const list of ['Visitors', 'fair.visitors', 'Fair.Visitors.x'])
    t.match(await faultOf(face, aListOperation('ADDTOLIST', ids, { list })), ['20111', /MKTOLISTNAME = /], list)
  for (const listKeyType of ['MKTOSALESUSERID', 'SFDCLEADOWNERID']) {
    t.match(await faultOf(face, aListOperation('ADDTOLIST', ids, { listKeyType })), ['20111', listKeyType])
  }
  t.equal(await faultOf(face, aListOperation('ADDTOLIST', ids, { list: ` ${name}\n` })), null)
})

t.test('what cannot be read of a call is told, and nothing is changed', async t => {
  const { face, ids, members } = await aFace(1)
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    [aListOperation('ADD', ids), '20110', /listOperation: expected one of ADDTOLIST, .*, got 'ADD'/],
    [aListOperation('', ids), '20109', /listOperation: expected one of .*, got none/],
    [aListOperation('ADDTOLIST', ids, { listKeyType: 'NAME' }), '20110', /keyType: expected one of MKTOLISTNAME/],
    [aListOperation('ADDTOLIST', ids, { list: ' ' }), '20109', /expected a listKey/],
    [aListOperation('ADDTOLIST', []), '20101', /expected a leadKey, got none/],
    [aListOperation('ADDTOLIST', [...ids, ['EMAIL', '']]), '20101', /in leadKey number 2/],
    [aListOperation('ADDTOLIST', [...ids, ['PHONE', '1']]), '20102', /keyType: expected one of IDNUM/],
    [aListOperation('ADDTOLIST', Array(1_001).fill(1)), '20110', /at most 1000 leadKeys in one call, got 1001/],
    [aMessage('<ns1:paramsListOperation/>'), '20109', /./],
    [aListOperation('ADDTOLIST', ids, { as: 'reader' }), '20013', /needs a credential with the role writer/],
  ]

  for (const [message, code, text] of wrong) t.match(await faultOf(face, message), [code, text])
  t.same(await members(), [])
})

t.test('what the oldest versions send besides is taken and changes nothing', async t => {
  const { face, ids, ask } = await aFace(1)

  t.same(await ask('ADDTOLIST', ids, { rest: '<skipActivityLog>true</skipActivityLog>' }), ['true', null])
  t.same(face.facts.at(-1)?.unknownElements, [])
  const told = await face.store.activitiesOf(ids[0]!, { after: 0, limit: 10 })
  t.match(told.at(-1), { kind: 'list-joined', attribute: name, source: 'SOAP API' })
})

t.test('strict may stand before the list, and be said in any form', async t => {
  const { face, ids, members } = await aFace(1)
  const message = aListOperation('ADDTOLIST', [...ids, 99])

  await face.send(message.replace('<listKey>', '<strict>True</strict><listKey>'))
  t.same(await members(), [])
  await face.send(message.replace('<listKey>', '<strict/><listKey>'))
  t.same(await members(), ids)
})

t.test('a call that is sent again under its name is answered as before, and does nothing', async t => {
  const { ids, members, ask } = await aFace(1)
  const blocks = '<ns1:ClientRequestId>one</ns1:ClientRequestId>'
  await ask('ADDTOLIST', ids, { blocks })
  await ask('REMOVEFROMLIST', ids)

  t.same(await ask('ADDTOLIST', ids, { blocks }), ['true', null])
  t.same(await members(), [])
})

t.test('a thousand members go in one command', async t => {
  const { face, members, ask } = await aFace(0)
  const commands = Array.from({ length: 1_000 }, (_, index) => aSave({ id: index + 1, by: `m${index}@x.example` }))
  await face.writes.submitAll(commands.map(command => aSubmission({ command })))
  const { seq } = await face.store.head()

  t.same(
    await ask(
      'ADDTOLIST',
      Array.from({ length: 1_000 }, (_, index) => index + 1),
    ),
    ['true', null],
  )
  t.equal((await members()).length, 1_000)
  t.equal((await face.store.head()).seq, seq + 1)
})

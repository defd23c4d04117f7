// mergeLeads through the endpoint: how leads are named, which calls are faults, and what is answered for a merge.
import t from 'tap'
import { losersMax } from '../../src/soap/operations/merge-leads.js'
import { aKey, aSave, aSubmission } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { personIdOf } from '../support/group-commits.js'
import {
  aMessage,
  aSoapFace,
  aSyncLead,
  attributesIn,
  type HeaderTraits,
  resultOf,
  type SoapFace,
  someAttributes,
} from '../support/soap-face.js'

type Key = readonly [type: string, value: string | number]

function keyList(...keys: readonly Key[]): string {
  const list = keys.map(
    ([type, value]) => `<attribute><attrName>${type}</attrName><attrValue>${value}</attrValue></attribute>`,
  )
  return list.join('')
}

function aMerge(winner: readonly Key[], losers: readonly (readonly Key[])[], traits: HeaderTraits = {}): string {
  const lists = losers.map(keys => `<keyList>${keyList(...keys)}</keyList>`).join('')
  return aMessage(
    `<ns1:paramsMergeLeads><winningLeadKeyList>${keyList(...winner)}</winningLeadKeyList>` +
      `<losingLeadKeyLists>${lists}</losingLeadKeyLists><mergeInSales>False</mergeInSales></ns1:paramsMergeLeads>`,
    traits,
  )
}

async function save(face: SoapFace, record: string): Promise<number> {
  return Number(resultOf(await face.send(aSyncLead(record))).leadId)
}

/** A person of its own, also where somebody has the address. */
async function duplicate(face: SoapFace, address: string): Promise<number> {
  return personIdOf(await face.writes.submit(aSubmission({ command: aSave({ address, mode: 'duplicate' }) })))
}

async function faultOf(face: SoapFace, message: string) {
  const { fault } = await face.send(message)
  return fault === null ? null : [fault.code, fault.message]
}

t.test('the losers go into the winner, and the reply says so to the letter', async t => {
  const face = await aSoapFace()
  const winner = await save(face, `<Email>ada@x.example</Email>${someAttributes(['City', 'London'])}`)
  const one = await save(face, `<Email>bob@x.example</Email>${someAttributes(['City', 'Paris'], ['Company', 'Bob'])}`)
  const two = await save(face, '<Id>4711</Id><Email>eve@x.example</Email>')

  const { text } = await face.send(aMerge([['IDNUM', winner]], [[['IDNUM', one]], [['IDNUM', two]]]))

  t.match(
    text,
    `<ns1:successMergeLeads><result><mergeStatus><winningLeadId>${winner}</winningLeadId><losingLeadIdList>` +
      `<integerItem>${one}</integerItem><integerItem>4711</integerItem></losingLeadIdList><status>MERGED</status>` +
      '<error xsi:nil="true"/></mergeStatus></result></ns1:successMergeLeads>',
  )
  const read = aMessage(
    `<ns1:paramsGetLead><leadKey><keyType>IDNUM</keyType><keyValue>${winner}</keyValue></leadKey></ns1:paramsGetLead>`,
  )
  const { leadRecordList } = resultOf(await face.send(read))
  t.strictSame(attributesIn(leadRecordList?.leadRecord), [
    ['City', 'London'],
    ['Company', 'Bob'],
  ])
  t.strictSame(await face.store.peopleByIds([one, two]), [])
})

t.test('the opt-out of an address outlives its lead, and a merge never lifts one', async t => {
  const face = await aSoapFace()
  const winner = await save(face, '<Email>ada@x.example</Email>')
  const loser = await save(face, `<Email>bob@x.example</Email>${someAttributes(['Unsubscribed', '1'])}`)

  resultOf(await face.send(aMerge([['IDNUM', winner]], [[['IDNUM', loser]]])))

  t.match(await face.store.status(aKey('bob@x.example')), { status: { status: 'unsubscribed' }, people: 0 })
  t.match(await face.store.status(aKey('ada@x.example')), { status: { status: 'subscribed', version: 0 }, people: 1 })
})

t.test('leads are named by address and Salesforce ids too, in any letter case', async t => {
  const face = await aSoapFace()
  const winner = await save(face, '<Email>ada@x.example</Email>')
  const loser = await save(
    face,
    '<Email>bob@x.example</Email><ForeignSysPersonId>003A</ForeignSysPersonId><ForeignSysType>SFDC</ForeignSysType>',
  )

  const { mergeStatus } = resultOf(await face.send(aMerge([['email', 'ADA@x.example']], [[['SfdcContactId', '003A']]])))

  t.match(mergeStatus, { winningLeadId: String(winner), losingLeadIdList: { integerItem: String(loser) } })
})

t.test('several keys of one list must mean one lead', async t => {
  const face = await aSoapFace()
  const winner = await save(face, '<Email>ada@x.example</Email>')
  const loser = await save(face, '<Email>bob@x.example</Email>')

  const disagreeing: readonly Key[] = [
    ['EMAIL', 'ada@x.example'],
    ['IDNUM', loser],
  ]
  t.match(await faultOf(face, aMerge([['IDNUM', winner]], [disagreeing])), [
    '20103',
    /keyList number 1: No lead found with EMAIL = ada@x.example among those of its other keys/,
  ])

  const salesforce = '<ForeignSysPersonId>003A</ForeignSysPersonId><ForeignSysType>SFDC</ForeignSysType>'
  await save(face, `<Email>eve@x.example</Email>${salesforce}`)
  const ofTwo: readonly Key[] = [
    ['IDNUM', loser],
    ['SFDCLEADID', '003A'],
  ]
  t.match(await faultOf(face, aMerge([['IDNUM', winner]], [ofTwo])), ['20103', /SFDCLEADID = 003A among those/])

  const agreeing: readonly Key[] = [
    ['EMAIL', 'bob@x.example'],
    ['IDNUM', loser],
  ]
  t.match(resultOf(await face.send(aMerge([['IDNUM', winner]], [agreeing]))).mergeStatus, { status: 'MERGED' })
})

t.test('an address that several leads share names none of them, unless another key chooses', async t => {
  const face = await aSoapFace()
  const ids: number[] = []
  for (let count = 0; count < 3; count++) ids.push(await duplicate(face, 'shared@x.example'))
  const byAddress: readonly Key[] = [['EMAIL', 'shared@x.example']]

  for (const message of [aMerge(byAddress, [[['IDNUM', ids[0]!]]]), aMerge([['IDNUM', ids[0]!]], [byAddress])]) {
    t.match(await faultOf(face, message), ['20110', /expected keys of one lead, got those of \d .*name it by IDNUM/])
  }
  t.equal((await face.store.peopleByIds(ids)).length, 3)

  const chosen: readonly Key[] = [...byAddress, ['IDNUM', ids[1]!]]
  resultOf(await face.send(aMerge(chosen, [[['IDNUM', ids[0]!]]])))
  // Of the two that are left one is the winner, so the address can only mean the other.
  const { mergeStatus } = resultOf(await face.send(aMerge([['IDNUM', ids[1]!]], [byAddress])))
  t.match(mergeStatus, { winningLeadId: String(ids[1]), losingLeadIdList: { integerItem: String(ids[2]) } })
})

t.test('a lead can be chosen among more of one address than a look-up gives', async t => {
  const face = await aSoapFace()
  const ids: number[] = []
  for (let count = 0; count < 103; count++) ids.push(await duplicate(face, 'office@x.example'))
  const other = await save(face, '<Email>ada@x.example</Email>')

  const oldest: readonly Key[] = [
    ['EMAIL', 'office@x.example'],
    ['IDNUM', ids[0]!],
  ]
  const { mergeStatus } = resultOf(await face.send(aMerge([['IDNUM', other]], [oldest])))

  t.match(mergeStatus, { status: 'MERGED', losingLeadIdList: { integerItem: String(ids[0]) } })
})

t.test('a loser that is named twice is merged once', async t => {
  const face = await aSoapFace()
  const [winner, loser] = [
    await save(face, '<Email>a@x.example</Email>'),
    await save(face, '<Email>b@x.example</Email>'),
  ]

  const { mergeStatus } = resultOf(
    await face.send(aMerge([['IDNUM', winner]], [[['IDNUM', loser]], [['EMAIL', 'b@x.example']]])),
  )

  t.match(mergeStatus, { status: 'MERGED', losingLeadIdList: { integerItem: String(loser) } })
})

t.test('a call that cannot be a merge is a fault, and changes nothing', async t => {
  const face = await aSoapFace()
  const winner = await save(face, '<Email>ada@x.example</Email>')
  const loser = await save(face, '<Email>bob@x.example</Email>')
  const { seq } = await face.store.head()
  const byId: readonly Key[] = [['IDNUM', winner]]
  const cases: readonly (readonly [message: string, code: string, text: RegExp])[] = [
    [aMerge([], [[['IDNUM', loser]]]), '20101', /winningLeadKeyList: expected an attribute/],
    [aMerge(byId, []), '20101', /losingLeadKeyLists: expected a keyList/],
    [aMerge(byId, [[]]), '20101', /keyList number 1: expected an attribute/],
    [aMerge(byId, [[['IDNUM', ' ']]]), '20101', /expected attrName and attrValue/],
    [aMerge(byId, [[['COOKIE', 'id:1']]]), '20102', /keyList number 1: expected a key type other than COOKIE/],
    [aMerge(byId, [[['FOO', '1']]]), '20102', /expected one of IDNUM/],
    [aMerge([['IDNUM', 7]], [[['IDNUM', loser]]]), '20103', /No lead found with IDNUM = 7/],
    [aMerge(byId, [[['IDNUM', loser]], [['EMAIL', 'no@x.example']]]), '20103', /EMAIL = no@x.example/],
    [aMerge(byId, [[['IDNUM', winner]]]), '20110', /expected another lead than the winning one/],
    [aMerge(byId, Array(losersMax + 1).fill([['IDNUM', loser]])), '20110', /expected at most 25 losing leads, got 26/],
    [aMerge(byId, [[['IDNUM', loser]]], { as: 'reader' }), '20013', /needs a credential with the role writer/],
  ]

  for (const [message, code, text] of cases) t.match(await faultOf(face, message), [code, text])
  t.equal((await face.store.head()).seq, seq)
})

t.test('a lead that is deleted between look-up and merge makes it FAILED, and nothing is merged', async t => {
  const face = await aSoapFace()
  const [winner, loser] = [
    await save(face, '<Email>a@x.example</Email>'),
    await save(face, '<Email>b@x.example</Email>'),
  ]
  // The deletion waits for its commit while the keys are looked up; the merge then comes behind it.
  const release = face.store.holdCommits()
  const deletion = face.writes.submit(aSubmission({ command: { type: 'delete-person', id: loser } }))
  await eventually(() => face.store.isHolding, { withinMs: 5_000 })
  const merging = face.send(aMerge([['IDNUM', winner]], [[['IDNUM', loser]]]))
  await eventually(() => face.writes.waiting === 1, { withinMs: 5_000 })
  release()
  await deletion

  t.match(resultOf(await merging).mergeStatus, {
    winningLeadId: String(winner),
    losingLeadIdList: { integerItem: String(loser) },
    status: 'FAILED',
    error: `No lead found with IDNUM = ${loser} (20103)`,
  })
  t.equal((await face.store.peopleByIds([winner])).length, 1)
})

t.test('a retry under the same ClientRequestId gets the answer of the first, though the losers are gone', async t => {
  const face = await aSoapFace()
  const [winner, loser] = [
    await save(face, '<Email>a@x.example</Email>'),
    await save(face, '<Email>b@x.example</Email>'),
  ]
  const blocks = '<ns1:ClientRequestId>merge-1</ns1:ClientRequestId>'
  const message = aMerge([['IDNUM', winner]], [[['IDNUM', loser]]], { blocks })

  const first = resultOf(await face.send(message))
  const second = resultOf(await face.send(message))

  t.strictSame(second, first)
  t.match(await faultOf(face, aMerge([['IDNUM', winner]], [[['IDNUM', loser]]])), ['20103'])
  t.match(await faultOf(face, aMerge([['IDNUM', winner]], [[['IDNUM', 99]]], { blocks })), ['20110', /ClientRequestId/])
})

// The rows of legacy-soap-contract 1.2, one test each and titled by the row, and what it says of strict clients behind
// its table. The habits of single clients are in client-habits.test.ts.
import t from 'tap'
import { aGetLeadActivity, aGetLeadChanges, aPosition, changes, longAgo, xml } from '../support/activity-calls.js'
import {
  aGetLead,
  aMessage,
  anAuthenticationHeader,
  aSoapFace,
  aSyncLead,
  attributesIn,
  callTimestamp,
  mktows,
  resultOf,
  type SoapFace,
  soap11,
  someAttributes,
  type Tree,
} from '../support/soap-face.js'

const email = '<Email>ada@x.example</Email>'
const nil = (name: string): string => `<${name} xsi:nil="true"/>`
const call = (operation: string, inside: string): string =>
  aMessage(`<ns1:params${operation}>${inside}</ns1:params${operation}>`)
const answer = async (face: SoapFace, operation: string, inside: string) =>
  resultOf(await face.send(call(operation, inside)))
const codeOf = async (face: SoapFace, message: string) => (await face.send(message)).fault?.code

/** The lead of these tests; its id. */
async function save(face: SoapFace, record = email): Promise<string> {
  return String(resultOf(await face.send(aSyncLead(record))).leadId)
}

const idsIn = ({ leadRecordList }: Tree): readonly string[] =>
  ([leadRecordList?.leadRecord ?? []].flat() as readonly Tree[]).map(({ Id }) => String(Id))

t.test('row: the order of children is not enforced', async t => {
  const face = await aSoapFace({ now: Date.now, signatureWindowMs: Number.MAX_SAFE_INTEGER })
  const id = await save(face)
  await face.store.addList('Visitors', 'Fair')
  const key = `<leadKey>${xml('keyValue', id)}${xml('keyType', 'IDNUM')}</leadKey>`
  const list = `<listKey>${xml('keyValue', 'Fair.Visitors')}${xml('keyType', 'MKTOLISTNAME')}</listKey>`
  const members = `<listMemberList>${key}</listMemberList>`
  const strictFirst = `<strict>true</strict>${members}${list}<listOperation>ADDTOLIST</listOperation>`
  t.equal((await answer(face, 'ListOperation', strictFirst)).success, 'true', 'strict before listKey')

  const visitors = xml('staticListName', 'Fair.Visitors')
  const selector = `<leadSelector xsi:type="ns1:StaticListSelector">${visitors}</leadSelector>`
  const positionLast = `<batchSize>10</batchSize><streamPosition/>${selector}`
  t.same(idsIn(await answer(face, 'GetMultipleLeads', positionLast)), [id], 'streamPosition after batchSize')

  // Custom objects are not kept, so all that can be asked of these is that their order makes no difference.
  const operationFirst = '<operation>UPSERT</operation><customObjList/><objTypeName>Car</objTypeName>'
  const inOrder = '<objTypeName>Car</objTypeName><customObjList/><operation>UPSERT</operation>'
  const [first, ordered] = [call('SyncCustomObjects', operationFirst), call('SyncCustomObjects', inOrder)]
  t.same((await face.send(first)).fault, (await face.send(ordered)).fault, 'operation before customObjList')
})

t.test('row: children are accepted with the namespace of the service too', async t => {
  const face = await aSoapFace()
  const city = someAttributes(['City', 'Turin'])
  const onlyList = city.replaceAll('leadAttributeList', 'ns1:leadAttributeList')
  const all = (email + city).replaceAll(/(<\/?)(\w+)>/g, '$1ns1:$2>')

  for (const record of [email + onlyList, all]) {
    const { leadRecord } = resultOf(await face.send(aSyncLead(record, '<ns1:returnLead>true</ns1:returnLead>')))
    t.equal(leadRecord?.Email, 'ada@x.example')
    t.same(attributesIn(leadRecord), [['City', 'Turin']])
  }
})

t.test('row: unknown children are ignored, names are case-sensitive, and what was ignored is counted', async t => {
  const face = await aSoapFace()
  const id = await save(face)
  const wrong = `<foreignSysPersonId>F1</foreignSysPersonId><id>${id}</id><leadId>${id}</leadId><colour>blue</colour>`
  const made = resultOf(await face.send(aSyncLead(`${wrong}<Email>bob@x.example</Email>`)))

  t.equal(made.syncStatus?.status, 'CREATED', 'the id in lower case said nothing')
  t.not(made.leadId, id)
  t.ok(face.facts.at(-1)!.unknownElements.includes('colour'))
  t.ok(face.facts.at(-1)!.unknownElements.includes('leadId'))
})

t.test('row: required children that are missing are absent, and not a reason to refuse a call', async t => {
  const face = await aSoapFace()
  t.match(resultOf(await face.send(aSyncLead(email, ''))).leadRecord, { '@nil': 'true' }, 'no returnLead is false')
  const inside = `<leadRecordList><leadRecord>${email}</leadRecord></leadRecordList>`
  t.match((await answer(face, 'SyncMultipleLeads', inside)).syncStatusList?.syncStatus, { status: 'UPDATED' })
  const noValue = `<leadAttributeList><attribute><attrName>City</attrName></attribute></leadAttributeList>`
  t.equal((await face.send(aSyncLead(email + noValue))).fault, null, 'no attrValue')
})

t.test('row: optional parts that are empty or nil are absent', async t => {
  const face = await aSoapFace({ now: Date.now, signatureWindowMs: Number.MAX_SAFE_INTEGER })
  const id = await save(face, email + someAttributes(['City', 'Turin']))
  for (const cookie of ['<marketoCookie></marketoCookie>', nil('marketoCookie')]) {
    t.equal(resultOf(await face.send(aSyncLead(email, cookie))).leadId, id)
  }
  const position = (inside: string) => xml('startPosition', inside) + xml('batchSize', 1)
  const since = xml('oldestCreatedAt', longAgo)
  for (const rest of [
    '<latestCreatedAt/><offset/><activityCreatedAt/>',
    nil('latestCreatedAt') + nil('offset') + nil('activityCreatedAt'),
    '<latestCreatedAt></latestCreatedAt><offset></offset>',
  ]) {
    t.same((await changes(face, position(rest + since))).ids, [1], rest)
  }
  for (const filter of [
    '<activityFilter/>',
    nil('activityFilter'),
    '<activityFilter><includeTypes/><excludeTypes/></activityFilter>',
    '<activityNameFilter/>',
  ]) {
    t.same((await changes(face, filter + position(since))).ids, [1], filter)
  }
  const keys = `${xml('keyType', 'IDNUM')}<keyValues><stringItem>${id}</stringItem></keyValues>`
  const selector = `<leadSelector xsi:type="ns1:LeadKeySelector">${keys}</leadSelector>`
  for (const rest of [
    '<streamPosition/><batchSize/><includeAttributes/><lastUpdatedAt/>',
    nil('streamPosition') + nil('batchSize') + nil('includeAttributes') + nil('lastUpdatedAt'),
  ]) {
    const { leadRecordList } = await answer(face, 'GetMultipleLeads', selector + rest)
    t.equal(leadRecordList?.leadRecord?.Email, 'ada@x.example', 'no attributes named are all of them')
    t.same(attributesIn(leadRecordList?.leadRecord), [['City', 'Turin']])
  }
  const attribute = `<attribute><attrName>City</attrName>${nil('attrType')}<attrValue>Rome</attrValue></attribute>`
  t.equal(await save(face, `${email}<leadAttributeList>${attribute}</leadAttributeList>`), id)
})

t.test('row: a boolean is true, false, 1, 0, True or False', async t => {
  const face = await aSoapFace()
  for (const [word, isAsked] of Object.entries({ true: 1, 1: 1, True: 1, false: 0, 0: 0, False: 0 })) {
    const { leadRecord } = resultOf(await face.send(aSyncLead(email, xml('returnLead', word))))
    t.equal((leadRecord?.Email as unknown) === 'ada@x.example', isAsked === 1, word)
  }
  const id = await save(face)
  const other = await save(face, '<Email>bob@x.example</Email>')
  const named = (value: string) => `<attribute>${xml('attrName', 'IDNUM')}${xml('attrValue', value)}</attribute>`
  const losers = `<losingLeadKeyLists><keyList>${named(other)}</keyList></losingLeadKeyLists>`
  const merge = `<winningLeadKeyList>${named(id)}</winningLeadKeyList>${losers}<mergeInSales>False</mergeInSales>`
  t.equal((await answer(face, 'MergeLeads', merge)).mergeStatus?.status, 'MERGED')
})

t.test(
  'row: the xsi:type of a leadSelector is a QName of any prefix; where it says nothing, the children do',
  async t => {
    const face = await aSoapFace()
    const id = await save(face)
    const keys = `${xml('keyType', 'IDNUM')}<keyValues><stringItem>${id}</stringItem></keyValues>`
    for (const attributes of [
      'xsi:type="ns1:LeadKeySelector"',
      `xmlns:q1="${mktows}" xsi:type="q1:LeadKeySelector"`,
      'xsi:type="LeadKeySelector"',
      '',
    ]) {
      const selector = `<leadSelector ${attributes}>${keys}</leadSelector>`
      t.same(idsIn(await answer(face, 'GetMultipleLeads', selector)), [id], attributes)
    }
    const since =
      '<leadSelector xsi:type="ns1:LastUpdateAtSelector"><oldestUpdatedAt>2001-01-01T00:00:00Z</oldestUpdatedAt>'
    t.same((await changes(face, `${since}</leadSelector>`)).ids, [1], 'of getLeadChanges too')
  },
)

t.test('row: any prefix of the envelope, and two prefixes for one namespace', async t => {
  const face = await aSoapFace()
  const header = anAuthenticationHeader('writer', callTimestamp)
  for (const [soap, first, second] of [
    ['soapenv', 'tns', 'ns1'],
    ['env', 'mkt', 'ins0'],
    ['S', 'wsdl', 'wsdl2'],
  ] as const) {
    const names = [first, second].map(prefix => `xmlns:${prefix}="${mktows}"`).join(' ')
    const body = `<${second}:paramsSyncLead><leadRecord>${email}</leadRecord></${second}:paramsSyncLead>`
    const message =
      `<${soap}:Envelope xmlns:${soap}="${soap11}" ${names}>` +
      `<${soap}:Header>${header.replaceAll('ns1:', `${first}:`)}</${soap}:Header>` +
      `<${soap}:Body>${body}</${soap}:Body></${soap}:Envelope>`
    t.equal((await face.send(message)).fault, null, soap)
  }
})

t.test('row: children of the header in any order, and unknown header blocks are ignored', async t => {
  const face = await aSoapFace()
  const [open, user, signature, time, close] = anAuthenticationHeader('writer', callTimestamp).split(
    /(?=<mktowsUserId|<requestSignature|<requestTimestamp|<\/ns1:Auth)/,
  )
  for (const [first, second, third] of [
    [time, signature, user],
    [signature, user, time],
    [user, time, signature],
  ]) {
    const authentication = `<x xmlns="urn:x"><y/></x>${open}${first}${second}${third}${close}`
    t.equal((await face.send(aSyncLead(email, undefined, { authentication }))).fault, null)
  }
})

t.test('row: the parts of an attribute in any order, with and without a type', async t => {
  const face = await aSoapFace()
  const [name, type, value] = [
    '<attrName>City</attrName>',
    '<attrType>string</attrType>',
    '<attrValue>Turin</attrValue>',
  ]
  for (const [index, parts] of [name + type + value, value + type + name, value + name, name + value].entries()) {
    const address = `lead-${index}@x.example`
    const record = `<Email>${address}</Email><leadAttributeList><attribute>${parts}</attribute></leadAttributeList>`
    await save(face, record)
    const { leadRecordList } = resultOf(await face.send(aGetLead('EMAIL', address)))
    t.same(attributesIn(leadRecordList?.leadRecord), [['City', 'Turin']], parts)
  }
})

t.test('row: what is no number is told as bad input, and what is no word of an enum by its own code', async t => {
  const face = await aSoapFace()
  const key = `<leadKey>${xml('keyType', 'IDNUM')}${xml('keyValue', 1)}</leadKey>`
  t.equal(await codeOf(face, call('GetLeadActivity', `${key}<batchSize>ten</batchSize>`)), '20110')
  t.equal(await codeOf(face, aSyncLead('<Id>12abc</Id>')), '20110')
  t.equal(await codeOf(face, aGetLead('SHOESIZE', '46')), '20102')
  const foreign = '<ForeignSysPersonId>F1</ForeignSysPersonId><ForeignSysType>ACME</ForeignSysType>'
  t.equal(await codeOf(face, aSyncLead(foreign)), '20110')
  const filter = '<activityFilter><includeTypes><activityType>Dance</activityType></includeTypes></activityFilter>'
  await save(face, `<Id>1</Id>${email}`)
  t.equal(await codeOf(face, aGetLeadActivity('IDNUM', '1', filter)), '20107')
  t.equal(await codeOf(face, aGetLeadChanges(aPosition({ oldest: longAgo }) + filter)), '20107')
  t.same(face.defects, [])
})

t.test(
  'row: an unknown element in the Body is an unsupported operation, one that is not qualified is a call',
  async t => {
    const face = await aSoapFace()
    t.equal(await codeOf(face, aMessage('<ns1:paramsDance/>')), '20019')
    t.equal(await codeOf(face, aMessage('<ns1:paramssynclead/>')), '20019')
    t.equal(await codeOf(face, aMessage('')), '20012')
    // Dispatch goes by the local name alone (client-habits 1), more tolerant than what is documented.
    const bare = aMessage(`<paramsSyncLead><leadRecord>${email}</leadRecord></paramsSyncLead>`)
    t.equal(resultOf(await face.send(bare)).syncStatus?.status, 'CREATED')
    const foreign = bare.replace('<paramsSyncLead>', '<paramsSyncLead xmlns="undefined">')
    t.equal(resultOf(await face.send(foreign)).syncStatus?.status, 'UPDATED')
  },
)

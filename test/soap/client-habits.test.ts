// What real legacy clients send, as far as the header, syncLead and getLead are concerned. Each title carries the
// number of the habit. Habits 1, 9, 10, 14 and 15 are in client-habits-calls.test.ts, and what clients need back is in
// client-needs.test.ts. More about HTTP itself is in request-handler.test.ts.
import t from 'tap'
import { signatureOf } from '../../src/soap/authenticate.js'
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
  users,
} from '../support/soap-face.js'

const email = '<Email>ada@x.example</Email>'

/** Status of the reply, or the code of the fault. */
async function verdict(face: SoapFace, message: string): Promise<string> {
  const reading = await face.send(message)
  return reading.fault?.code ?? String(resultOf(reading).syncStatus?.status)
}

async function leadOf(face: SoapFace, address: string) {
  return resultOf(await face.send(aGetLead('EMAIL', address))).leadRecordList!.leadRecord!
}

t.test('habit 2: prefixes are free: suds binds two to the SOAP namespace, others none at all', async t => {
  const face = await aSoapFace()
  const header = (prefix: string) => anAuthenticationHeader('writer', callTimestamp).replaceAll('ns1:', prefix)
  const call = (prefix: string) =>
    `<${prefix}paramsSyncLead><leadRecord>${email}</leadRecord><returnLead>0</returnLead></${prefix}paramsSyncLead>`
  const suds =
    `<SOAP-ENV:Envelope xmlns:ns0="${mktows}" xmlns:ns1="${soap11}" xmlns:SOAP-ENV="${soap11}">` +
    `<SOAP-ENV:Header>${header('ns0:')}</SOAP-ENV:Header><ns1:Body>${call('ns0:')}</ns1:Body></SOAP-ENV:Envelope>`
  const twoPrefixes =
    `<soapenv:Envelope xmlns:soapenv="${soap11}" xmlns:tns="${mktows}" xmlns:ins0="${mktows}">` +
    `<soapenv:Header>${header('ins0:')}</soapenv:Header><soapenv:Body>${call('tns:')}</soapenv:Body></soapenv:Envelope>`

  t.equal(await verdict(face, suds), 'CREATED')
  t.equal(await verdict(face, twoPrefixes), 'UPDATED')
})

t.test('habit 3: children count by their local name, in whatever namespace', async t => {
  const face = await aSoapFace()
  const city = someAttributes(['City', 'Turin'])
  const inDefault =
    `<Envelope xmlns="${soap11}"><Header><AuthenticationHeader xmlns="${mktows}">` +
    `${/<mktowsUserId>.*<\/requestTimestamp>/.exec(anAuthenticationHeader('writer', callTimestamp))?.[0]}` +
    `</AuthenticationHeader></Header><Body><paramsSyncLead xmlns="${mktows}"><leadRecord>${email}${city}</leadRecord>` +
    '<returnLead>false</returnLead></paramsSyncLead></Body></Envelope>'
  const qualifiedList = aSyncLead(email + city.replaceAll('leadAttributeList', 'ns1:leadAttributeList'))
  const emptied = aSyncLead(email + city).replaceAll(/<(leadRecord|Email|returnLead|attrName)>/g, '<$1 xmlns="">')
  const undefinedOnes = aSyncLead(email + city).replaceAll('<Email>', '<Email xmlns="undefined">')
  const qualifiedHeader = aSyncLead(email + city).replaceAll(/(<\/?)(mktowsUserId|request\w+)>/g, '$1ns1:$2>')

  for (const message of [inDefault, qualifiedList, emptied, undefinedOnes, qualifiedHeader]) {
    t.match(await verdict(face, message), /CREATED|UPDATED/)
    t.same(attributesIn(await leadOf(face, 'ada@x.example')), [['City', 'Turin']])
  }
})

t.test('habit 4: the order of children is free', async t => {
  const face = await aSoapFace()
  const body =
    '<ns1:paramsSyncLead><marketoCookie>c1</marketoCookie><returnLead>true</returnLead>' +
    `<leadRecord>${someAttributes(['City', 'Turin'])}${email}</leadRecord></ns1:paramsSyncLead>`
  const { id, key } = users.writer
  const authentication =
    `<ns1:AuthenticationHeader><requestTimestamp>${callTimestamp}</requestTimestamp>` +
    `<requestSignature>${signatureOf(callTimestamp, id, key)}</requestSignature>` +
    `<mktowsUserId>${id}</mktowsUserId></ns1:AuthenticationHeader>`

  const { leadRecord } = resultOf(await face.send(aMessage(body, { authentication })))

  t.equal(leadRecord?.Email, 'ada@x.example')
  t.same(attributesIn(leadRecord), [['City', 'Turin']])
})

t.test('habit 5: absent, nil and empty are all not given', async t => {
  const face = await aSoapFace()
  const nil = (name: string) => `<${name} xsi:nil="true"/>`
  const nothings = [
    '',
    nil('Id') + nil('ForeignSysPersonId') + nil('ForeignSysType') + nil('leadAttributeList'),
    '<Id/><ForeignSysPersonId/><ForeignSysType/><leadAttributeList/>',
    '<Id></Id><ForeignSysPersonId></ForeignSysPersonId><ForeignSysType></ForeignSysType>',
  ]
  const rests = ['', '<returnLead/>', nil('returnLead') + nil('marketoCookie') + nil('moveCookie'), '<marketoCookie/>']

  for (const nothing of nothings) {
    for (const rest of rests) {
      const reading = await face.send(aSyncLead(email + nothing, rest))
      t.match(resultOf(reading).leadRecord, { '@nil': 'true' }, nothing + rest)
    }
  }
  const { Id } = await leadOf(face, 'ada@x.example')
  const history = await face.store.activitiesOf(Number(Id), { after: 0, limit: 10 })
  t.equal(face.store.dump().people.size, 1, 'all of them meant the same person')
  t.same(
    history.map(({ kind }) => kind),
    ['person-created'],
    'and changed nothing',
  )
})

t.test('habit 5: booleans also appear as True', async t => {
  const face = await aSoapFace()
  const { leadRecord } = resultOf(await face.send(aSyncLead(email, '<returnLead>True</returnLead>')))

  t.equal(leadRecord?.Email, 'ada@x.example')
})

t.test('habit 6: a wrong-case element is ignored where the record is named otherwise', async t => {
  const face = await aSoapFace()
  const recorded = `<foreignSysPersonId>-1</foreignSysPersonId><id>1</id>${email}`
  const reading = await face.send(aSyncLead(recorded, '<returnLead>true</returnLead>'))
  const byAttribute = `<email>other@x.example</email>${someAttributes(['Email', 'ada@x.example'])}`

  t.equal(resultOf(reading).syncStatus?.status, 'CREATED')
  t.match(resultOf(reading).leadRecord?.ForeignSysPersonId, { '@nil': 'true' })
  t.equal(await verdict(face, aSyncLead(byAttribute)), 'UPDATED')
  const beside = `<returnLead>0</returnLead><marketoCookie>c1</marketoCookie>`
  t.equal(await verdict(face, aSyncLead('<email>third@x.example</email>', beside)), 'CREATED', 'a cookie names too')
  t.equal(await verdict(face, aGetLead('EMAIL', 'third@x.example')), '20103')
})

t.test('habit 6: a wrong-case element counts where nothing else names the person', async t => {
  const face = await aSoapFace()

  t.equal(await verdict(face, aSyncLead('<email>ada@x.example</email>')), 'CREATED')
  t.equal(await verdict(face, aSyncLead(email)), 'UPDATED')
  const { Id } = await leadOf(face, 'ada@x.example')
  t.equal(await verdict(face, aSyncLead(`<id>${Id}</id>${someAttributes(['City', 'Turin'])}`)), 'UPDATED')
  t.same(attributesIn(await leadOf(face, 'ada@x.example')), [['City', 'Turin']])
  t.equal(await verdict(face, aSyncLead('<foreignSysPersonId>F1</foreignSysPersonId>')), 'CREATED')
  const exact = '<ForeignSysPersonId>F1</ForeignSysPersonId><ForeignSysType>CUSTOM</ForeignSysType>'
  t.equal(await verdict(face, aSyncLead(exact)), 'UPDATED')
  t.equal(await verdict(face, aSyncLead('<id>12abc</id>')), '20110')
  t.equal(await verdict(face, aSyncLead('<email>first@x.example</email><EMAIL>second@x.example</EMAIL>')), 'CREATED')
  t.equal((await leadOf(face, 'first@x.example')).Email, 'first@x.example', 'the first of two counts')
})

t.test('habit 6: a wrong-case element counts inside the record only', async t => {
  const face = await aSoapFace()
  const beside = '<email>ada@x.example</email><returnLead>false</returnLead>'

  t.equal(await verdict(face, aSyncLead(someAttributes(['City', 'Turin']), beside)), '20101')
})

t.test('habit 7: the key may be an attribute Email or Id alone, or a cookie alone', async t => {
  const face = await aSoapFace()
  const cookie = '<returnLead>false</returnLead><marketoCookie>id:000-AAA-111&amp;token:_mch-x</marketoCookie>'

  t.equal(await verdict(face, aSyncLead(someAttributes(['Email', 'ada@x.example'], ['City', 'Turin']))), 'CREATED')
  t.equal(await verdict(face, aSyncLead(someAttributes(['Email', 'ada@x.example']))), 'UPDATED')
  const { Id } = await leadOf(face, 'ada@x.example')
  t.equal(await verdict(face, aSyncLead(someAttributes(['Id', String(Id)], ['City', 'Rome']))), 'UPDATED')
  t.same(attributesIn(await leadOf(face, 'ada@x.example')), [['City', 'Rome']])
  t.equal(await verdict(face, aSyncLead(someAttributes(['City', 'Paris']), cookie)), 'CREATED')
  t.equal(await verdict(face, aSyncLead(someAttributes(['City', 'Paris']), cookie)), 'UPDATED')
})

t.test('habit 8: attrType may be there, nil, empty or missing, and scalars may carry xsi:type', async t => {
  const face = await aSoapFace()
  const attribute = (name: string, type: string, value: string) =>
    `<attribute><attrName xsi:type="xsd:string">${name}</attrName>${type}${value}</attribute>`
  const plain = '<attrValue xsi:type="xsd:string">x</attrValue>'
  const base64 = `<attrValue xsi:type="xsd:base64Binary">${Buffer.from('Zürich').toString('base64')}</attrValue>`
  const list =
    attribute('City', '', base64) +
    attribute('Title', '<attrType xsi:nil="true"/>', plain) +
    attribute('State', '<attrType></attrType>', plain) +
    attribute('Site', '<attrType>integer</attrType>', plain) +
    attribute('DoNotCall', '<attrType>boolean</attrType>', '<attrValue xsi:type="xsd:boolean">true</attrValue>') +
    attribute('LeadScore', '<attrType/>', '<attrValue xsi:type="xsd:int">7</attrValue>')
  const message = aSyncLead(`${email}<leadAttributeList>${list}</leadAttributeList>`).replace(
    '<SOAP-ENV:Envelope ',
    '<SOAP-ENV:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" ',
  )

  t.equal(await verdict(face, message), 'CREATED')
  t.same(attributesIn(await leadOf(face, 'ada@x.example')), [
    ['City', 'Zürich'],
    ['DoNotCall', '1'],
    ['LeadScore', '7'],
    ['Site', 'x'],
    ['State', 'x'],
    ['Title', 'x'],
  ])
})

t.test('habit 11: every form of timestamp signs a call, and one signed header serves a whole job', async t => {
  const face = await aSoapFace()
  for (const timestamp of [
    '2026-11-20T04:00:00-08:00',
    '2026-11-20T12:00:00Z',
    '2026-11-20T12:00:00.760Z',
    '2026-11-20 04:00:00 -0800',
    '2026-11-20T04:00:00.560000',
    '2026-11-20 12:00:00 UTC',
    '2016-06-01 10:00:00 +0900',
  ]) {
    const expected = timestamp.startsWith('2016') ? '20016' : /CREATED|UPDATED/
    for (let call = 0; call < 2; call++) {
      t.match(await verdict(face, aSyncLead(email, undefined, { timestamp })), expected, timestamp)
    }
  }
})

t.test('habit 12: header blocks come in either order, unknown and harmless ones too', async t => {
  const face = await aSoapFace()
  const context = '<ns1:MktowsContextHeader><targetWorkspace>default</targetWorkspace></ns1:MktowsContextHeader>'
  const encoding = 'http://schemas.xmlsoap.org/soap/encoding/'
  const authentication = anAuthenticationHeader('writer', callTimestamp)
  const dressed = authentication.replace(
    '<ns1:AuthenticationHeader>',
    `<ns1:AuthenticationHeader SOAP-ENV:mustUnderstand="0" SOAP-ENV:encodingStyle="${encoding}">`,
  )
  const demanded = authentication.replace('Header>', 'Header SOAP-ENV:mustUnderstand="1">')

  for (const header of [
    authentication + context,
    context + authentication,
    dressed,
    demanded,
    `<other xmlns="urn:other">x</other>${authentication}`,
  ]) {
    t.match(await verdict(face, aSyncLead(email, undefined, { authentication: header })), /CREATED|UPDATED/)
  }
})

t.test('habit 13: the charset may be written in three ways', async t => {
  const face = await aSoapFace()
  const message = aSyncLead(email + someAttributes(['City', 'Zürich']))
  for (const contentType of [
    'text/xml;charset=UTF-8',
    'text/xml; charset=utf-8',
    'text/xml; charset="utf-8"',
    'text/xml',
  ]) {
    t.equal((await face.post(message, contentType)).status, 200, contentType)
    t.same(attributesIn(await leadOf(face, 'ada@x.example')), [['City', 'Zürich']])
  }
})

t.test('habit 16: what is not well-formed is refused, also where one could guess what was meant', async t => {
  const face = await aSoapFace()
  const message = aSyncLead(email)

  t.equal(await verdict(face, message.replace('" xmlns:ns1', '"xmlns:ns1')), '20012')
  t.equal(await verdict(face, aSyncLead(`${email}${someAttributes(['Company', 'A & B'])}`)), '20012')
})

t.test('habit 17: a signature in upper-case hex is the same signature', async t => {
  const face = await aSoapFace()
  const shouted = aSyncLead(email).replace(/(?<=<requestSignature>)[^<]+/, hex => hex.toUpperCase())

  t.equal(await verdict(face, shouted), 'CREATED')
})

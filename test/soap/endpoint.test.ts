// The order in which a call is judged, and the fault for everything that can go wrong around an operation.
import t from 'tap'
import { BodyError } from '../../src/http/body.js'
import { StoreUnavailable } from '../../src/service/ports.js'
import { createMemoryStore } from '../support/memory-store.js'
import {
  aGetLead,
  aMessage,
  anAuthenticationHeader,
  aSoapFace,
  aSyncLead,
  callTime,
  callTimestamp,
  readReply,
  type SoapFaceOptions,
  soap12,
  someAttributes,
} from '../support/soap-face.js'

const good = aSyncLead('<Email>ada@x.example</Email>')

async function faultOf(message: string | Uint8Array, options: SoapFaceOptions = {}, contentType?: string) {
  const face = await aSoapFace(options)
  const reply = await face.post(message, contentType)
  if ((await face.store.head()).seq !== 0) throw new Error('a call that faults must change nothing')
  const { fault, status, body } = readReply(reply)
  return { ...fault, status, faultcode: body.Fault?.faultcode, observed: face.facts }
}

t.test('a good call has status 200 and the content type of its SOAP version', async t => {
  const face = await aSoapFace()

  const reply11 = await face.post(good)
  const reply12 = await face.post(aSyncLead('<Email>ada@x.example</Email>', undefined, { soap: soap12 }))

  t.match(reply11, { status: 200, headers: { 'Content-Type': 'text/xml; charset=utf-8' }, faultCode: null })
  t.match(reply12, { status: 200, headers: { 'Content-Type': 'application/soap+xml; charset=utf-8' } })
  t.match(reply12.body, `xmlns:SOAP-ENV="${soap12}"`)
})

t.test('SOAP 1.2 is answered in SOAP 1.2 when it fails too', async t => {
  const face = await aSoapFace()
  const reply = await face.post(aGetLead('EMAIL', 'nobody@x.example', { soap: soap12 }))

  t.match(reply, { status: 500, headers: { 'Content-Type': 'application/soap+xml; charset=utf-8' } })
  t.match(reply.body, '<SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value>')
  t.match(readReply(reply).fault, {
    code: '20103',
    string: '20103 - Lead not found',
    message: 'No lead found with EMAIL = nobody@x.example (20103)',
  })
  const unreadable = await face.post('<a', 'application/soap+xml; charset=utf-8')
  t.match(unreadable.body, `xmlns:SOAP-ENV="${soap12}"`)
})

t.test('what is not well-formed is told with line and column', async t => {
  const cut = await faultOf(good.slice(0, -20))
  t.match(cut, { code: '20012', string: '20012 - Request not understood', status: 500, faultcode: 'SOAP-ENV:Client' })
  t.match(cut.message, /^not well-formed XML: expected.* \(line 2, column \d+\) \(20012\)$/)

  for (const text of ['', '   ', 'not xml', '<!DOCTYPE a><a/>', `${good}<b/>`, good.replace('ada@', 'a&b@')]) {
    t.match(await faultOf(text), { code: '20012', faultcode: 'SOAP-ENV:Client', status: 500 }, text.slice(0, 20))
  }
})

t.test('bytes in no charset that we read are told as such', async t => {
  const latin1 = Buffer.from(good.replace('ada', 'adä'), 'latin1')

  t.match(await faultOf(latin1), { code: '20018', message: /expected UTF-8/ })
  t.match(await faultOf(good, {}, 'text/xml; charset=ebcdic'), { code: '20018', message: /'ebcdic'/ })
})

t.test('what is XML but no SOAP is a VersionMismatch', async t => {
  t.match(await faultOf('<hello/>'), { code: '20012', faultcode: 'SOAP-ENV:VersionMismatch' })
  t.match(await faultOf('<e:Envelope xmlns:e="urn:soap3"/>'), { faultcode: 'SOAP-ENV:VersionMismatch' })
})

t.test('an envelope without one call in it is not understood', async t => {
  t.match(await faultOf(aMessage('')), { code: '20012', message: /one element inside the Body/ })
  t.match(await faultOf(aMessage('<a/><b/>')), { code: '20012', message: /second/ })
})

t.test('a header block that must be understood and is not stops the call', async t => {
  const block = (demand: string) => ({
    blocks: `<w:Security xmlns:w="urn:wss" SOAP-ENV:mustUnderstand="${demand}"/>`,
  })

  t.match(await faultOf(aSyncLead('<Email>a@x.example</Email>', undefined, block('1'))), {
    faultcode: 'SOAP-ENV:MustUnderstand',
    message: /header not understood: \{urn:wss\}Security/,
  })
  const face = await aSoapFace()
  t.equal((await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, block('0')))).fault, null)
})

t.test('without a header, without its parts, with a wrong user or key: 20014', async t => {
  const without = await faultOf(good.replace(/<SOAP-ENV:Header>.*<\/SOAP-ENV:Header>/, ''))
  t.match(without, { code: '20014', faultcode: 'SOAP-ENV:Client', status: 500 })
  t.equal(without.message, 'AuthenticationHeader: expected mktowsUserId, requestSignature, requestTimestamp (20014)')
  const unsigned = await faultOf(good.replace(/<requestSignature>.*<\/requestSignature>/, ''))
  t.equal(unsigned.message, 'AuthenticationHeader: expected requestSignature (20014)')

  const wrongKey = await faultOf(good.replace(/<requestSignature>../, '<requestSignature>zz'))
  const wrongUser = await faultOf(good.replace('MKTOWS_000', 'MKTOWS_999'))
  t.equal(wrongKey.message, 'Authentication failed (20014)')
  t.equal(wrongKey.string, '20014 - Authentication failed')
  t.same({ ...wrongUser, observed: 0 }, { ...wrongKey, observed: 0 })
})

t.test('a signature that is too old or too new is 20016, with the time here', async t => {
  const day = 24 * 3600 * 1000
  for (const now of [callTime + day + 1, callTime - day - 1]) {
    t.match(await faultOf(good, { now: () => now }), {
      code: '20016',
      string: '20016 - Request expired',
      message: /within 24 hours of the time here, 2026-11-(21|19)T1[12]:/,
    })
  }
  t.match(await faultOf(good, { now: () => callTime + 61_000, signatureWindowMs: 60_000 }), { code: '20016' })
})

t.test('a time that nobody can read is 20017, for which clients do not sign anew', async t => {
  const record = '<Email>a@x.example</Email>'

  t.match(await faultOf(aSyncLead(record, undefined, { timestamp: 'yesterday' })), {
    code: '20017',
    message: /requestTimestamp: expected a time such as .*, got 'yesterday'/,
  })
})

t.test('a stranger learns nothing about operations and values', async t => {
  const authentication = anAuthenticationHeader('writer', callTimestamp).replace(/Signature>../, 'Signature>zz')
  for (const body of [
    '<ns1:paramsNothing/>',
    '<ns1:paramsMergeLeads/>',
    '<ns1:paramsSyncLead><leadRecord><Id>x</Id></leadRecord></ns1:paramsSyncLead>',
  ]) {
    t.match(await faultOf(aMessage(body, { authentication })), { code: '20014' }, body)
  }
})

t.test('an element that is no request is an unsupported operation', async t => {
  t.match(await faultOf(aMessage('<ns1:paramsDeleteLead/>')), {
    code: '20019',
    string: '20019 - Unsupported operation',
    message: /paramsDeleteLead in the Body is no request of this service: .* such as paramsGetLead \(20019\)$/,
    faultcode: 'SOAP-ENV:Client',
  })
})

t.test('every operation of the contract is carried out or says that it is not supported', async t => {
  const face = await aSoapFace()
  const unsupported = new Set<string>()
  t.equal(face.contract.operations.size, 23)
  for (const name of face.contract.operations) {
    const element = `params${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const { fault, text } = await face.send(aMessage(`<ns1:${element}/>`))
    if (fault === null) {
      t.match(text, `<ns1:success${element.slice('params'.length)}>`, name)
    } else if (fault.code === '20019') {
      unsupported.add(name)
      t.match(fault.message, new RegExp(`^${name} is not supported by this server; .* are not kept here: .*`), name)
    } else {
      t.match(fault.message, /expected/, `${name} says what it needs`)
      t.not(fault.code, '10001', name)
    }
  }
  t.same(
    [...unsupported].sort(),
    ['deleteCustomObjects', 'deleteMObjects', 'getCustomObjects', 'getMObjects', 'syncCustomObjects', 'syncMObjects'],
    'these and no others',
  )
})

t.test('a credential that may only read is denied a write', async t => {
  t.match(await faultOf(aSyncLead('<Email>a@x.example</Email>', undefined, { as: 'reader' })), {
    code: '20013',
    string: '20013 - Access denied',
    message: /needs a credential with the role writer/,
  })
})

t.test('all values that cannot be read are told in one fault, with their places', async t => {
  const { code, message } = await faultOf(
    aSyncLead('<Id>12abc</Id><Email>a@x.example</Email>', '<returnLead>maybe</returnLead><moveCookie>2</moveCookie>'),
  )

  t.equal(code, '20110')
  t.match(message, /paramsSyncLead\.leadRecord\.Id: expected a whole number .*, got '12abc'/)
  t.match(message, /paramsSyncLead\.returnLead: expected true, false, 1 or 0, got 'maybe'/)
  t.match(message, /paramsSyncLead\.moveCookie: expected true, false, 1 or 0, got '2' \(20110\)$/)
})

t.test('a thousand bad values do not make a long fault', async t => {
  const items = '<attribute><attrName>a</attrName><attrName>b</attrName></attribute>'.repeat(1_000)
  const { message } = await faultOf(aSyncLead(`<leadAttributeList>${items}</leadAttributeList>`))

  t.match(message, /; and 980 more \(20110\)$/)
})

t.test('audit, mode and partnerId are never a reason to refuse a call', async t => {
  const face = await aSoapFace()
  const message = good.replace('</ns1:Auth', '<partnerId>p</partnerId><audit>a</audit><mode>debug</mode></ns1:Auth')

  t.equal((await face.send(message)).fault, null)
})

t.test('a full queue and a store that is away are Server faults, for clients that retry only those', async t => {
  const full = await faultOf(good, { limits: { queueMax: 0 } })
  t.match(full, { code: '20024', faultcode: 'SOAP-ENV:Server', status: 500 })

  const store = createMemoryStore()
  store.failNext({ at: 'before-commit', error: new StoreUnavailable('no connection to db.internal') })
  const away = await faultOf(good, { store, limits: { patienceMs: 0 } })
  t.match(away, { code: '20011', faultcode: 'SOAP-ENV:Server', status: 500 })
  t.notMatch(away.message, 'db.internal')
})

t.test('a server that is stopping says so in a way that clients retry', async t => {
  const face = await aSoapFace()
  await face.writes.drain()

  const { fault, body } = await face.send(good)

  t.match(fault, { code: '20011' })
  t.equal(body.Fault?.faultcode, 'SOAP-ENV:Server')
})

t.test('a defect is one calm sentence with the request id, and is reported', async t => {
  const store = createMemoryStore()
  const broken = new Error("ER_PARSE_ERROR near 'secret'")
  store.watchAppends(() => {
    throw broken
  })
  const face = await aSoapFace({ store })

  const { fault, body, status } = await face.send(good)

  t.equal(status, 500)
  t.equal(body.Fault?.faultcode, 'SOAP-ENV:Server')
  t.match(fault, { code: '10001', string: '10001 - Internal error', message: /request request-1 \(10001\)$/ })
  t.notMatch(fault?.message, 'secret')
  t.same(face.defects, [broken])
})

t.test('a body that was refused is answered as a fault', async t => {
  const face = await aSoapFace()
  const unread = (status: 408 | 413 | 503) =>
    readReply(face.endpoint.unread(new BodyError(status, 'the body is bad'), 'r1'))

  t.match(unread(413), { status: 500, fault: { code: '20012', message: 'the body is bad (20012)' } })
  t.match(unread(408), { status: 500, fault: { code: '20011' } })
  t.match(unread(503), { status: 500, fault: { code: '20024' } })
  const codes = [
    { operation: null, faultCode: '20012', requestId: 'r1' },
    { faultCode: '20011' },
    { faultCode: '20024' },
  ]
  t.match(face.facts, codes)
  t.same(face.defects, [])
})

t.test('who watches sees operation, fault, time and the names that were passed over', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead('<Email>a@x.example</Email><leadId>5</leadId>', '<strict>1</strict>'))
  await face.send(aGetLead('EMAIL', 'nobody@x.example'))
  await face.send(aMessage('<ns1:paramsMadeUp/>'))

  t.match(face.facts, [
    { operation: 'syncLead', faultCode: null, unknownElements: ['leadId', 'strict'], requestId: 'request-1' },
    { operation: 'getLead', faultCode: '20103', unknownElements: [] },
    { operation: null, faultCode: '20019' },
  ])
  t.ok(face.facts.every(({ ms }) => ms >= 0))
})

t.test('hostile values come back as text, never as markup', async t => {
  const { message } = await faultOf(
    aSyncLead(`<Email>a@x.example</Email>${someAttributes(['&lt;/message&gt;&lt;code&gt;0', 'x'])}`),
  )

  t.equal(
    message,
    'syncLead operation failed: unknown fields for import: &lt;/message&gt;&lt;code&gt;0 (20105)'
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>'),
  )
})

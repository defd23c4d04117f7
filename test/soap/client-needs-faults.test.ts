// What real legacy clients need back where a call fails: the shape of the fault, as their own expressions take it
// apart, and which codes they try again. How a fault is written is in fault-text.test.ts; here it comes from calls.
import { XmlDocument } from 'libxml2-wasm'
import t from 'tap'
import { type FaultKind, faultKinds } from '../../src/soap/faults.js'
import {
  aGetLead,
  anAuthenticationHeader,
  aSoapFace,
  aSyncLead,
  callTimestamp,
  someAttributes,
} from '../support/soap-face.js'
import { aSoapServer } from '../support/soap-over-http.js'

const email = '<Email>ada@x.example</Email>'
const stranger = aGetLead('EMAIL', 'nobody@x.example')

t.test('needs: the fault of an unknown lead is the recorded one, byte for byte, with status 500', async t => {
  const server = await aSoapServer(t)
  const { status, headers, text } = await server.post('/soap/mktows/3_1', stranger, { 'Content-Type': 'text/xml' })

  t.equal(status, 500)
  t.equal(headers['content-type'], 'text/xml; charset=utf-8')
  t.equal(
    text,
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault>' +
      '<faultcode>SOAP-ENV:Client</faultcode><faultstring>20103 - Lead not found</faultstring><detail>' +
      '<ns1:serviceException xmlns:ns1="http://www.marketo.com/mktows/"><name>mktServiceException</name>' +
      '<message>No lead found with EMAIL = nobody@x.example (20103)</message><code>20103</code>' +
      '</ns1:serviceException></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>\n',
  )
})

t.test('needs: the expressions with which clients pick a fault apart find what they look for', async t => {
  const face = await aSoapFace()
  const { text } = await face.send(stranger)

  t.equal(/<code>(.*?)<\/code>/.exec(text)?.[1], '20103', 'embulk')
  t.equal(/<message>(.*?)<\/message>/.exec(text)?.[1], 'No lead found with EMAIL = nobody@x.example (20103)', 'embulk')
  t.equal(/<faultcode>(.*?)<\/faultcode>/.exec(text)?.[1], 'SOAP-ENV:Client', 'embulk compares the text')
  t.match(/<faultstring>(.*?)<\/faultstring>/.exec(text)?.[1], /^20103 - /, 'JAX-WS shows nothing else')
  const document = XmlDocument.fromString(text)
  const texts = (path: string) => document.find(path).map(({ content }) => content)
  t.same(texts('.//code'), ['20103'], 'tronok')
  t.same(texts('.//message'), ['No lead found with EMAIL = nobody@x.example (20103)'], 'tronok')
  t.not(texts('.//detail').join('').trim(), '', 'veelo')
  t.same(texts('//detail/*/*[position() = last()]'), ['20103'], 'the path that PHP and suds go')
  document.dispose()
})

t.test('needs: the recorded message and short text of an unknown field', async t => {
  const face = await aSoapFace()
  const { text } = await face.send(aSyncLead(email + someAttributes(['pants', 'blue'])))

  t.match(text, '<faultstring>20105 - Unknown lead field</faultstring>')
  t.match(text, '<message>syncLead operation failed: unknown fields for import: pants (20105)</message>')
})

t.test(
  'needs: getLead for an unknown key is the fault 20103 for every type of key, never an empty success',
  async t => {
    const face = await aSoapFace()
    for (const [keyType, value] of [
      ['EMAIL', 'nobody@x.example'],
      ['IDNUM', '4711'],
      ['COOKIE', 'id:000-AAA-111&amp;token:_mch-x'],
      ['SFDCLEADID', '00Q000000000001'],
      ['SFDCCONTACTID', '003000000000001'],
    ] as const) {
      t.match(await face.send(aGetLead(keyType, value)), { status: 500, fault: { code: '20103' } }, keyType)
    }
  },
)

// embulk never repeats a Client fault, whatever its code: each code that any client waits for must be a Server one.
const waitedFor: Readonly<Record<string, readonly string[]>> = {
  embulk: ['10001', '20011', '20015', '20024'],
  tronok: ['20015', '20023', '20024'],
  Talend: ['10001', '20011', '20023', '20024'],
}

const kinds: readonly FaultKind[] = Object.values(faultKinds)

for (const [client, codes] of Object.entries(waitedFor)) {
  t.test(`needs: the codes after which ${client} tries again are Server faults`, async t => {
    for (const code of codes) {
      t.same(
        kinds.filter(kind => kind.code === code).map(({ faultCode }) => faultCode),
        ['Server'],
        code,
      )
    }
  })
}

t.test('needs: no code but those that clients wait for is a Server fault', async t => {
  const server = kinds.filter(({ faultCode }) => faultCode === 'Server').map(({ code }) => code)

  t.same(server.toSorted(), [...new Set(Object.values(waitedFor).flat())].toSorted())
})

t.test('needs: 20014 and 20016, after which pymarketo signs anew, are told apart and are Client faults', async t => {
  const face = await aSoapFace()
  const old = '2016-06-01T10:00:00+09:00'
  const forged = anAuthenticationHeader('writer', callTimestamp).replace(/Signature>../, 'Signature>zz')

  for (const [code, message] of [
    ['20016', aSyncLead(email, undefined, { timestamp: old })],
    ['20014', aSyncLead(email, undefined, { authentication: forged })],
  ] as const) {
    const { fault, text } = await face.send(message)
    t.equal(fault?.code, code)
    t.match(fault?.string, new RegExp(`^${code} - `))
    t.match(text, '<faultcode>SOAP-ENV:Client</faultcode>')
  }
  const anew = aSyncLead(email)
  t.equal((await face.send(anew)).fault, null, 'and signing anew helps')
})

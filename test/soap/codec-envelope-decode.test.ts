// Whole messages: which envelopes are calls, what their headers hold, and why the others are refused.
import t from 'tap'
import { compileEnvelopeDecoder, type EnvelopeReading } from '../../src/soap/codec/codec-envelope-decode.js'
import { loadWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import { XmlError } from '../../src/soap/xml/xml-reader.js'
import { projectRoot } from '../support/project.js'

const decode = compileEnvelopeDecoder(await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`))

const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/'
const soap12 = 'http://www.w3.org/2003/05/soap-envelope'
const contract = 'http://www.marketo.com/mktows/'

const getLead =
  '<m:paramsGetLead><leadKey><keyType>EMAIL</keyType><keyValue>a@x.example</keyValue></leadKey></m:paramsGetLead>'
const params = { leadKey: { keyType: 'EMAIL', keyValue: 'a@x.example' } }

const authentication =
  '<m:AuthenticationHeader><requestTimestamp>2026-01-31T09:30:00-08:00</requestTimestamp>' +
  '<mktowsUserId>u_1</mktowsUserId><requestSignature>ab</requestSignature></m:AuthenticationHeader>'

function envelope({ header = '', body = getLead, soap = soap11, after = '' } = {}): string {
  const headerElement = header === '' ? '' : `<s:Header>${header}</s:Header>`
  const content = `${headerElement}<s:Body>${body}</s:Body>${after}`
  return `<s:Envelope xmlns:s="${soap}" xmlns:m="${contract}">${content}</s:Envelope>`
}

function request(text: string): Extract<EnvelopeReading, { type: 'request' }> {
  const reading = decode(text)
  if (reading.type !== 'request') throw new Error(`expected a request, got ${JSON.stringify(reading)}`)
  return reading
}

t.test('a call is known by its body element, with header and params beside it', async t => {
  const reading = request(envelope({ header: authentication }))

  t.equal(reading.operation, 'getLead')
  t.strictSame(reading.params, params)
  t.strictSame(reading.findings, [])
  t.strictSame(reading.bodyElement, { localName: 'paramsGetLead', namespaceUri: contract })
  t.strictSame(reading.header, {
    blocks: {
      authentication: {
        requestTimestamp: '2026-01-31T09:30:00-08:00',
        mktowsUserId: 'u_1',
        requestSignature: 'ab',
      },
    },
    clientRequestId: undefined,
    duplicated: [],
    unknown: [],
    notUnderstood: [],
  })
})

t.test('the version of the envelope is told, and prefixes do not matter', async t => {
  t.equal(request(envelope()).soapVersion, '1.1')
  t.equal(request(envelope({ soap: soap12 })).soapVersion, '1.2')
  const twoPrefixes =
    `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${soap11}" xmlns:ns1="${soap11}" ` +
    `xmlns:tns="${contract}" xmlns:mkt="${contract}">` +
    `<SOAP-ENV:Header>${authentication.replaceAll('m:', 'tns:')}</SOAP-ENV:Header>` +
    `<ns1:Body>${getLead.replaceAll('m:', 'mkt:')}</ns1:Body></SOAP-ENV:Envelope>`
  t.equal(request(twoPrefixes).header.blocks.authentication?.mktowsUserId, 'u_1')
  t.strictSame(request(twoPrefixes).params, params)
})

t.test('body elements and header children may be in another namespace or in none', async t => {
  t.equal(request(envelope({ body: getLead.replaceAll('m:', '') })).operation, 'getLead')
  const qualified = '<m:MktowsContextHeader><m:targetWorkspace>default</m:targetWorkspace></m:MktowsContextHeader>'
  t.strictSame(request(envelope({ header: qualified })).header.blocks, {
    mktowsContext: { targetWorkspace: 'default' },
  })
})

t.test('header blocks come in any order, empty ones count as given', async t => {
  const context = '<m:MktowsContextHeader><targetWorkspace>W</targetWorkspace></m:MktowsContextHeader>'
  const { header } = request(envelope({ header: context + authentication }))

  t.equal(header.blocks.mktowsContext?.targetWorkspace, 'W')
  t.equal(header.blocks.authentication?.requestSignature, 'ab')
  t.strictSame(request(envelope({ header: '<m:AuthenticationHeader/>' })).header.blocks, { authentication: {} })
})

t.test('a value in a header that cannot be read is a finding', async t => {
  const mode = '<m:AuthenticationHeader><mode>x</mode></m:AuthenticationHeader>'

  t.match(request(envelope({ header: mode })).findings, [{ path: 'AuthenticationHeader.mode' }])
})

t.test('our own request id is read in any namespace', async t => {
  const id = (block: string) => request(envelope({ header: block })).header.clientRequestId

  t.equal(id('<m:ClientRequestId> call-7 </m:ClientRequestId>'), 'call-7')
  t.equal(id('<ClientRequestId>call-7</ClientRequestId>'), 'call-7')
  t.equal(id('<ClientRequestId/>'), undefined)
})

t.test('a known block that comes twice is reported, and the first one counts', async t => {
  const second = authentication.replace('u_1', 'u_2')
  const { header } = request(envelope({ header: authentication + second }))

  t.strictSame(header.duplicated, ['AuthenticationHeader'])
  t.equal(header.blocks.authentication?.mktowsUserId, 'u_1')
})

t.test('an unknown block is reported, and told apart where it must be understood', async t => {
  const block = (attributes: string) => `<w:Security xmlns:w="urn:w" ${attributes}><w:a/></w:Security>`
  const header = (attributes: string, soap = soap11) => request(envelope({ header: block(attributes), soap })).header
  const name = { localName: 'Security', namespaceUri: 'urn:w' }

  t.match(header(''), { unknown: [name], notUnderstood: [] })
  t.match(header('s:mustUnderstand="0"'), { unknown: [name], notUnderstood: [] })
  t.match(header('mustUnderstand="1"'), { notUnderstood: [] })
  t.match(header('s:mustUnderstand="1"'), { unknown: [name], notUnderstood: [name] })
  t.match(header('s:mustUnderstand="true"', soap12), { notUnderstood: [name] })
  t.match(header('s:mustUnderstand="1" s:actor="http://schemas.xmlsoap.org/soap/actor/next"'), {
    notUnderstood: [name],
  })
  t.match(header('s:mustUnderstand="1" s:actor="urn:someone-else"'), { unknown: [name], notUnderstood: [] })
})

t.test('a block of ours may demand to be understood', async t => {
  const demanding = authentication.replace('Header>', 'Header s:mustUnderstand="1">')

  t.strictSame(request(envelope({ header: demanding })).header.notUnderstood, [])
})

t.test('an operation that the contract lacks is told by name, with the header', async t => {
  const reading = decode(envelope({ header: authentication, body: '<m:paramsDeleteLead><a/></m:paramsDeleteLead>' }))

  t.match(reading, {
    type: 'unknownOperation',
    soapVersion: '1.1',
    bodyElement: { localName: 'paramsDeleteLead', namespaceUri: contract },
    header: { blocks: { authentication: { mktowsUserId: 'u_1' } } },
  })
})

t.test('elements that were passed over are told with their paths', async t => {
  const { unknown } = request(envelope({ body: getLead.replace('<leadKey>', '<a>1</a><leadKey>') }))

  t.match(unknown, [{ path: 'paramsGetLead.a', text: '1' }])
})

t.test('elements behind the body have no meaning', async t => {
  t.strictSame(request(envelope({ after: '<m:more/>' })).params, params)
})

const body = `<s:Body>${getLead}</s:Body>`
const inEnvelope = (content: string) => `<s:Envelope xmlns:s="${soap11}" xmlns:m="${contract}">${content}</s:Envelope>`

const malformed: readonly (readonly [string, string, RegExp])[] = [
  ['no body', inEnvelope('<s:Header/>'), /expected a Body in the namespace of the Envelope, got none/],
  ['a body of the other SOAP', inEnvelope(`<b:Body xmlns:b="${soap12}"/>`), /expected a Body in the namespace/],
  ['an empty body', inEnvelope('<s:Body> </s:Body>'), /expected one element inside the Body, the call, got none/],
  ['two bodies', inEnvelope(body + body), /expected one Body, got a second one/],
  ['two headers', inEnvelope(`<s:Header/><s:Header/>${body}`), /expected at most one Header/],
  ['a header behind the body', inEnvelope(`${body}<s:Header/>`), /expected the Header before the Body/],
  ['two calls', inEnvelope(`<s:Body>${getLead}${getLead}</s:Body>`), /got 'paramsGetLead' in 'http.*' as a second one/],
]

for (const [what, text, message] of malformed) {
  t.test(`an envelope with ${what} is refused with a reason`, async t => {
    t.match(decode(text), { type: 'refused', reason: 'malformed', soapVersion: '1.1', message })
  })
}

t.test('what is no envelope of a SOAP that we speak is a version mismatch', async t => {
  for (const text of [
    '<html/>',
    '<Envelope/>',
    '<e:Envelope xmlns:e="urn:soap"><e:Body/></e:Envelope>',
    `<x xmlns="${soap11}"/>`,
  ]) {
    t.match(decode(text), {
      type: 'refused',
      reason: 'versionMismatch',
      soapVersion: undefined,
      message: /expected an Env/,
    })
  }
})

t.test('what is not well-formed, also behind the envelope, throws', async t => {
  t.throws(() => decode(envelope().replace('</s:Body>', '')), XmlError)
  t.throws(() => decode(`${envelope()}<more/>`), XmlError)
  t.throws(() => decode(''), XmlError)
})

t.test('the limits that were given hold', async t => {
  const shallow = compileEnvelopeDecoder(await loadWsdlModel(`${projectRoot}wsdl/mktows-3_1.wsdl`), {
    limits: { depthMax: 4, attributesMax: 8, nameLengthMax: 64 },
  })

  t.throws(() => shallow(envelope()), XmlError)
})

// The rows of legacy-soap-contract section 10, one test each: the envelope as that stack writes it, and of the reply
// what it looks into. The foreign toolkits themselves are run in test/interop; this is what is left where they are not.
import { createHmac } from 'node:crypto'
import { XmlDocument } from 'libxml2-wasm'
import t from 'tap'
import { messageSchema } from '../contract/schema.js'
import {
  aGetLead,
  aMessage,
  aSyncLead,
  callTimestamp,
  mktows,
  soap11,
  someAttributes,
  users,
} from '../support/soap-face.js'
import { aSoapServer, endpointUrl, type HttpReply, type SoapServer } from '../support/soap-over-http.js'

const xsi = 'http://www.w3.org/2001/XMLSchema-instance'
const xsd = 'http://www.w3.org/2001/XMLSchema'
const newest = '/soap/mktows/3_1'
const { id: user, key } = users.writer
const signature = createHmac('sha1', key)
  .update(callTimestamp + user)
  .digest('hex')

/** Texts of what an XPath finds that knows of no namespace. */
function textsAt({ text }: HttpReply, path: string): readonly string[] {
  const document = XmlDocument.fromString(text)
  try {
    return document.find(path).map(({ content }) => content)
  } finally {
    document.dispose()
  }
}

/** The three parts of the header under the names that a stack gives them. */
const signed = (prefix = '', attributes = ''): string =>
  Object.entries({ mktowsUserId: user, requestSignature: signature, requestTimestamp: callTimestamp })
    .map(([name, value]) => `<${prefix}${name}${attributes}>${value}</${prefix}${name}>`)
    .join('')

const saveAda = (server: SoapServer) =>
  server.post(newest, aSyncLead(`<Email>ada@x.example</Email>${someAttributes(['City', 'Turin'], ['State', 'TO'])}`))

t.test('PHP SoapClient: asks for the WSDL, nil for null, gets single and many, and a code that is text', async t => {
  const server = await aSoapServer(t)
  const wsdl = await server.get(`${newest}?WSDL`, { Connection: 'close' })
  const schema = messageSchema(wsdl.text)
  const headers = {
    'User-Agent': 'PHP-SOAP/8.2.0',
    'Content-Type': 'text/xml; charset=utf-8',
    SOAPAction: '"http://www.marketo.com/mktows/syncLead"',
  }
  const attribute = (name: string, type: string, value: string) =>
    `<attribute><attrName>${name}</attrName>${type}<attrValue>${value}</attrValue></attribute>`
  const list =
    attribute('City', '<attrType xsi:nil="true"/>', 'Turin') +
    attribute('Unsubscribed', '<attrType>boolean</attrType>', '1')
  const record =
    '<Id xsi:nil="true"/><Email>ada@x.example</Email><ForeignSysPersonId xsi:nil="true"/>' +
    `<ForeignSysType xsi:nil="true"/><leadAttributeList>${list}</leadAttributeList>`
  const rest = '<returnLead>true</returnLead><marketoCookie xsi:nil="true"/>'

  const saved = await server.post(newest, aSyncLead(record, rest), headers)
  t.same(schema.envelopeProblems(saved.text), [], 'decoded by the WSDL')
  t.same(textsAt(saved, '//attribute[attrName="City" or attrName="Unsubscribed"]/attrValue'), ['Turin', '1'])
  const twin = '<leadRecordList><leadRecord><Email>ada@x.example</Email></leadRecord></leadRecordList>'
  const duplicate = `<ns1:paramsSyncMultipleLeads>${twin}<dedupEnabled>0</dedupEnabled></ns1:paramsSyncMultipleLeads>`
  for (const count of [1, 2]) {
    const found = await server.post(newest, aGetLead('EMAIL', 'ada@x.example'), headers)
    t.same(textsAt(found, '//count'), [String(count)], 'one comes as an object, more as an array')
    t.equal(textsAt(found, '//leadRecordList/leadRecord').length, count)
    await server.post(newest, aMessage(duplicate), headers)
  }
  const fault = await server.post(newest, aGetLead('EMAIL', 'nobody@x.example'), headers)
  t.match(fault.text, '<code>20103</code>', 'no xsi:type on it, so === with a string is true')
})

t.test(
  'Java JAX-WS: service and port by name, a qualified list, always a workspace, and no null to stumble on',
  async t => {
    const server = await aSoapServer(t)
    const { text: wsdl } = await server.get(`${newest}?WSDL`)
    t.match(wsdl, /service name="MktMktowsApiService"/)
    t.match(wsdl, /port name="MktowsApiSoapPort"/)
    t.match(wsdl, `location="${endpointUrl}${newest}"`)
    const context = '<ns2:MktowsContextHeader><targetWorkspace>default</targetWorkspace></ns2:MktowsContextHeader>'
    const list = someAttributes(['City', 'Turin']).replaceAll('leadAttributeList', 'ns2:leadAttributeList')
    const message =
      `<?xml version="1.0" ?><S:Envelope xmlns:S="${soap11}"><S:Header>` +
      `<ns2:AuthenticationHeader xmlns:ns2="${mktows}">${signed()}</ns2:AuthenticationHeader>` +
      `${context.replace('Header>', `Header xmlns:ns2="${mktows}">`)}</S:Header><S:Body>` +
      `<ns2:paramsSyncLead xmlns:ns2="${mktows}"><leadRecord><Email>ada@x.example</Email>${list}</leadRecord>` +
      '<returnLead>false</returnLead></ns2:paramsSyncLead></S:Body></S:Envelope>'

    const saved = await server.post(newest, message, {
      'Content-Type': 'text/xml; charset=utf-8',
      Accept: 'text/xml, multipart/related',
      SOAPAction: '"http://www.marketo.com/mktows/syncLead"',
    })
    t.equal(saved.status, 200, saved.text)
    t.match(saved.text, '<error xsi:nil="true"/></syncStatus><leadRecord xsi:nil="true"/>')
    const found = await server.post(newest, aGetLead('EMAIL', 'ada@x.example'))
    t.same(textsAt(found, '//attribute/attrValue'), ['Turin'])
    for (const name of ['ForeignSysPersonId', 'ForeignSysType', 'leadAttributeList']) {
      t.equal(textsAt(found, `//leadRecord/${name}`).length, 1, `${name} is there to be dereferenced`)
    }
  },
)

t.test(
  'Java Axis 1.4: qualified header children, xmlns="" on the rest, and a reply without unknown elements',
  async t => {
    const server = await aSoapServer(t)
    const path = '/soap/mktows/2_1'
    const schema = messageSchema((await server.get(`${path}?wsdl`)).text)
    const envelope = (body: string) =>
      `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${soap11}" xmlns:xsd="${xsd}" ` +
      `xmlns:xsi="${xsi}"><soapenv:Header><ns1:AuthenticationHeader soapenv:actor="" soapenv:mustUnderstand="0" ` +
      `xmlns:ns1="${mktows}">${signed('ns1:')}</ns1:AuthenticationHeader></soapenv:Header>` +
      `<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
    const headers = {
      'Content-Type': 'text/xml; charset=utf-8',
      Accept: 'application/soap+xml, application/dime, multipart/related, text/*',
      'User-Agent': 'Axis/1.4',
      'Cache-Control': 'no-cache',
      SOAPAction: '"http://www.marketo.com/mktows/syncLead"',
    }
    const record =
      '<leadRecord xmlns=""><Email>ada@x.example</Email></leadRecord><returnLead xmlns="">true</returnLead>'
    const changes =
      '<startPosition xmlns=""><oldestCreatedAt>2001-01-01T00:00:00.000Z</oldestCreatedAt></startPosition>' +
      '<batchSize xmlns="" xsi:type="xsd:int">100</batchSize>'

    for (const [operation, inside] of [
      ['SyncLead', record],
      ['GetLeadChanges', changes],
    ] as const) {
      const body = `<params${operation} xmlns="${mktows}">${inside}</params${operation}>`
      const reply = await server.post(path, envelope(body), headers)
      t.equal(reply.status, 200, reply.text)
      t.same(schema.envelopeProblems(reply.text), [], operation)
      t.notMatch(reply.text, 'marketoGUID')
      t.match(reply.headers['content-length'], /^\d+$/, 'and no chunks')
    }
  },
)

t.test('Ruby Savon: the email in lower camel case beside an attribute, and XPaths without a namespace', async t => {
  const server = await aSoapServer(t)
  const envelope = (body: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:xsd="${xsd}" xmlns:xsi="${xsi}" xmlns:tns="${mktows}" ` +
    `xmlns:env="${soap11}" xmlns:ins0="${mktows}"><env:Header><ns1:AuthenticationHeader xmlns:ns1="${mktows}">` +
    `${signed()}</ns1:AuthenticationHeader></env:Header><env:Body>${body}</env:Body></env:Envelope>`
  const headers = { 'Content-Type': 'text/xml;charset=UTF-8', SOAPAction: '"http://www.marketo.com/mktows/syncLead"' }
  const record = (inside: string) =>
    envelope(`<tns:paramsSyncLead><leadRecord>${inside}</leadRecord><returnLead>True</returnLead></tns:paramsSyncLead>`)

  const { text: wsdl } = await server.get(`${newest}?WSDL`)
  t.match(wsdl, /operation name="syncLead"/, 'from which Savon makes sync_lead')
  const byAttribute = `<email>wrong@x.example</email>${someAttributes(['Email', 'ada@x.example'], ['City', 'Turin'])}`
  t.equal((await server.post(newest, record(byAttribute), headers)).status, 200)
  const onlyLowerCase = `<email>bob@x.example</email>${someAttributes(['City', 'Rome'], ['State', 'RM'])}`
  t.equal((await server.post(newest, record(onlyLowerCase), headers)).status, 200, "Marketo's own sample")
  for (const [address, city] of [
    ['ada@x.example', 'Turin'],
    ['bob@x.example', 'Rome'],
  ]) {
    const key = `<leadKey><keyType>EMAIL</keyType><keyValue>${address}</keyValue></leadKey>`
    const found = await server.post(newest, envelope(`<tns:paramsGetLead>${key}</tns:paramsGetLead>`), headers)
    t.same(textsAt(found, '//leadRecordList/leadRecord/leadAttributeList/attribute[attrName="City"]/attrValue'), [city])
  }
})

t.test('Python raw XML: an empty SOAPAction, and a status that is 200 for a lead and nothing else', async t => {
  const server = await aSoapServer(t)
  await saveAda(server)
  const message = (address: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:xsd="${xsd}" xmlns:xsi="${xsi}" ` +
    `xmlns:wsdl="${mktows}" xmlns:env="${soap11}" ` +
    `xmlns:ins0="${mktows}" xmlns:ns1="${mktows}" xmlns:mkt="${mktows}"><env:Header>` +
    `<ns1:AuthenticationHeader>${signed()}</ns1:AuthenticationHeader></env:Header><env:Body><ns1:paramsGetLead>` +
    `<leadKey><keyType>EMAIL</keyType><keyValue>${address}</keyValue></leadKey></ns1:paramsGetLead></env:Body>` +
    '</env:Envelope>'
  const headers = { SOAPAction: '', 'Content-Type': 'text/xml;charset=UTF-8', 'Accept-Encoding': 'gzip, deflate' }

  const found = await server.post(newest, message('ada@x.example'), headers)
  t.equal(found.status, 200)
  t.equal(textsAt(found, './/leadRecord').length, 1)
  t.match(textsAt(found, './/leadRecord/Id')[0], /^\d+$/)
  t.equal(textsAt(found, './/leadRecord//attrType').length, textsAt(found, './/leadRecord//attribute').length)
  const missing = await server.post(newest, message('nobody@x.example'), headers)
  t.equal(missing.status, 500)
  t.match(textsAt(missing, './/message')[0], /\(20103\)$/)
})

t.test(
  'Python suds: two prefixes for the SOAP namespace, one header for the whole connection, a code in the detail',
  async t => {
    const server = await aSoapServer(t)
    await saveAda(server)
    const message = (address: string) =>
      `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:ns0="${mktows}" xmlns:ns1="${soap11}" ` +
      `xmlns:xsi="${xsi}" xmlns:SOAP-ENV="${soap11}"><SOAP-ENV:Header><ns0:AuthenticationHeader>${signed()}` +
      '</ns0:AuthenticationHeader></SOAP-ENV:Header><ns1:Body><ns0:paramsGetLead><leadKey><keyType>EMAIL</keyType>' +
      `<keyValue>${address}</keyValue></leadKey></ns0:paramsGetLead></ns1:Body></SOAP-ENV:Envelope>`
    const headers = {
      SOAPAction: '"http://www.marketo.com/mktows/getLead"',
      'Content-Type': 'text/xml; charset=utf-8',
    }

    for (let again = 0; again < 3; again++) {
      t.same(textsAt(await server.post(newest, message('ada@x.example'), headers), '//count'), ['1'])
    }
    const { text } = await server.post(newest, message('nobody@x.example'), headers)
    t.match(text, /<detail><ns1:serviceException [^>]*><name>.*<code>20103<\/code><\/ns1:serviceException><\/detail>/)
  },
)

t.test('Node: tns on the body, and a fault as XML in the body of a 500', async t => {
  const server = await aSoapServer(t)
  await saveAda(server)
  const message = (address: string) =>
    `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${soap11}" xmlns:xsi="${xsi}" ` +
    `xmlns:tns="${mktows}"><soap:Header><tns:AuthenticationHeader>${signed()}</tns:AuthenticationHeader>` +
    `</soap:Header><soap:Body>` +
    `<tns:paramsGetLead xmlns:tns="${mktows}" xmlns="${mktows}"><leadKey><keyType>EMAIL</keyType>` +
    `<keyValue>${address}</keyValue></leadKey></tns:paramsGetLead></soap:Body></soap:Envelope>`
  const headers = {
    'User-Agent': 'node-soap/0.4.7',
    Accept: 'text/html,application/xhtml+xml,application/xml,text/xml;q=0.9,*/*;q=0.8',
    'Accept-Encoding': 'none',
    'Accept-Charset': 'utf-8',
    Connection: 'close',
    'Content-Type': 'text/xml; charset=utf-8',
    SOAPAction: '"http://www.marketo.com/mktows/getLead"',
  }

  const found = await server.post(newest, message('ada@x.example'), headers)
  t.equal(found.headers['content-encoding'], undefined)
  t.same(textsAt(found, '//leadRecord/Email'), ['ada@x.example'])
  const missing = await server.post(newest, message('nobody@x.example'), headers)
  t.equal(missing.status, 500)
  t.match(missing.headers['content-type'], /^text\/xml/)
  t.same(textsAt(missing, '//faultstring'), ['20103 - Lead not found'])
})

t.test('MarkLogic: an envelope by hand, indented, without SOAPAction and without an XML declaration', async t => {
  const server = await aSoapServer(t)
  await saveAda(server)
  const indented = aMessage(
    '\n  <ns1:paramsGetLead>\n    <leadKey>\n      <keyType>EMAIL</keyType>\n' +
      '      <keyValue>ada@x.example</keyValue>\n' +
      '    </leadKey>\n  </ns1:paramsGetLead>\n',
  ).replace(/^<\?xml[^>]*>\n/, '')

  const found = await server.post(newest, indented, { 'Content-Type': 'text/xml' })
  t.equal(found.status, 200)
  t.same(textsAt(found, '//leadRecord/Email'), ['ada@x.example'])
})

t.test('C# WCF: xmlns="" on children, a signature in upper case, elements in sequence, flags as strings', async t => {
  const server = await aSoapServer(t)
  const schema = messageSchema((await server.get(`${newest}?wsdl`)).text)
  const shouted = signed('', ' xmlns=""').replace(signature, signature.toUpperCase())
  const trace =
    '<ActivityId CorrelationId="c" xmlns="http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics">a</ActivityId>'
  const envelope = (body: string) =>
    `<s:Envelope xmlns:s="${soap11}"><s:Header>${trace}<h:AuthenticationHeader xmlns:h="${mktows}" xmlns="${mktows}" ` +
    `xmlns:xsi="${xsi}" xmlns:xsd="${xsd}">${shouted}</h:AuthenticationHeader></s:Header>` +
    `<s:Body xmlns:xsi="${xsi}" xmlns:xsd="${xsd}">${body}</s:Body></s:Envelope>`
  const headers = {
    'Content-Type': 'text/xml; charset=utf-8',
    SOAPAction: '"http://www.marketo.com/mktows/syncLead"',
    Expect: '100-continue',
    'Accept-Encoding': 'gzip, deflate',
  }
  const list = someAttributes(['EmailInvalid', 'true'], ['DoNotCall', '1'], ['EmailInvalidCause', 'gone'])
  const record = `<Id xsi:nil="true"/><Email>ada@x.example</Email>${list}`
  const body =
    `<paramsSyncLead xmlns="${mktows}"><leadRecord xmlns="">${record}</leadRecord>` +
    '<returnLead xmlns="">true</returnLead><marketoCookie xsi:nil="true" xmlns=""/></paramsSyncLead>'

  const saved = await server.post(newest, envelope(body), headers)
  t.equal(saved.status, 200, saved.text)
  t.same(schema.envelopeProblems(saved.text), [], 'in the sequence of the schema')
  const said = (name: string) => textsAt(saved, `//attribute[attrName="${name}"]/attrValue`)
  t.same([said('EmailInvalid'), said('DoNotCall'), said('EmailInvalidCause')], [['1'], ['1'], ['gone']])
})

// What real clients put on the wire, byte by byte and without any toolkit: shapes of XML, of HTTP and of text that
// differ from the ordinary, each answered with the right value in a reply that the served schema allows.
import { gzipSync } from 'node:zlib'
import { XMLParser } from 'fast-xml-parser'
import t, { type Test } from 'tap'
import { messageSchema } from '../contract/schema.js'
import { withDatabase } from '../support/database.js'
import { authenticationHeader, envelope, legacyPath, mktowsNamespace } from '../support/legacy-client.js'
import { type RawAnswer, RawConnection } from '../support/raw-http.js'
import { account, type ServerChild, startServerChild } from '../support/server-child.js'

const soapNamespace = 'http://schemas.xmlsoap.org/soap/envelope/'
const firstName = 'Zoë'

interface Variant {
  /** The whole message for this address; the ordinary one unless told. */
  readonly message?: (email: string) => string
  /** The bytes of a message; UTF-8 unless told. */
  readonly encode?: (message: string) => Uint8Array
  /** Instead of what an ordinary client sends; null leaves the header out. */
  readonly headers?: Readonly<Record<string, string | null>>
  readonly http?: '1.0' | '1.1'
  readonly target?: string
  readonly send?: (connection: RawConnection, head: string, body: Uint8Array) => Promise<void>
}

const variants: Readonly<Record<string, Variant>> = {
  'an ordinary message': {},
  'children in the wrong order, at every level': {
    message: email => {
      const attribute = `<attribute><attrValue>${firstName}</attrValue><attrName>FirstName</attrName></attribute>`
      const record = `<leadAttributeList>${attribute}</leadAttributeList><Email>${email}</Email>`
      const call = `<returnLead>true</returnLead><leadRecord>${record}</leadRecord>`
      return envelope(reversed(authenticationHeader(account)), `<ns1:paramsSyncLead>${call}</ns1:paramsSyncLead>`)
    },
  },
  'children that are qualified': {
    message: email => envelope(qualified(authenticationHeader(account)), qualified(ordinaryCall(email))),
  },
  'everything of the service in a default namespace': {
    message: email =>
      envelope(inDefaultNamespace(authenticationHeader(account)), inDefaultNamespace(ordinaryCall(email))),
  },
  'two prefixes for each namespace in one message': {
    message: email =>
      ordinaryMessage(email)
        .replace('<soap:Body>', `<ns2:Body xmlns:ns2="${soapNamespace}">`)
        .replace('</soap:Body>', '</ns2:Body>')
        .replace('<ns1:paramsSyncLead>', `<m:paramsSyncLead xmlns:m="${mktowsNamespace}">`)
        .replace('</ns1:paramsSyncLead>', '</m:paramsSyncLead>'),
  },
  'a SOAPAction of two quotes': { headers: { SOAPAction: '""' } },
  'a SOAPAction header without a value': { headers: { SOAPAction: '' } },
  'no SOAPAction': { headers: { SOAPAction: null } },
  'the SOAPAction of another operation': { headers: { SOAPAction: '"http://www.marketo.com/mktows/getLead"' } },
  'HTTP/1.0': { http: '1.0', headers: { Host: null } },
  'UTF-16 with a byte order mark': {
    encode: message => Buffer.from(`\ufeff${message.replace('UTF-8', 'UTF-16')}`, 'utf16le'),
    headers: { 'Content-Type': 'text/xml; charset=utf-16' },
  },
  'ISO-8859-1, said in the Content-Type': {
    encode: message => Buffer.from(message.replace('UTF-8', 'ISO-8859-1'), 'latin1'),
    headers: { 'Content-Type': 'text/xml; charset="iso-8859-1"' },
  },
  'ISO-8859-1, said in the XML declaration alone': {
    encode: message => Buffer.from(message.replace('UTF-8', 'ISO-8859-1'), 'latin1'),
    headers: { 'Content-Type': 'text/xml' },
  },
  'a body in gzip': { encode: message => gzipSync(message), headers: { 'Content-Encoding': 'gzip' } },
  'a POST to the address of the WSDL': { target: `${legacyPath}?WSDL` },
  'Expect: 100-continue': { headers: { Expect: '100-continue' }, send: sendWhenToldTo },
  'a body in chunks': { headers: { 'Transfer-Encoding': 'chunked', 'Content-Length': null }, send: sendInChunks },
}

t.test('every client gets the right value back, however it writes its call', async t => {
  const server = await startServerChild(t, { databaseUrl: (await withDatabase(t, 'sqlite')).url })
  const schema = messageSchema(await (await fetch(`${server.url}${legacyPath}?WSDL`)).text())

  for (const [index, [title, variant]] of Object.entries(variants).entries()) {
    await t.test(title, async t => {
      const email = `client-${index}@example.org`

      const { status, headers, body } = await converse(t, server, variant, email)

      t.equal(status, 200, body)
      t.equal(headers.get('content-type'), 'text/xml; charset=utf-8')
      t.notOk(headers.has('transfer-encoding'), 'in one piece, which clients of HTTP/1.0 need')
      t.same(schema.envelopeProblems(body), [])
      t.strictSame(readSynced(body), { status: 'CREATED', email, attributes: [['FirstName', firstName]] })
      const [lead] = await server.client().getLead('EMAIL', email)
      t.strictSame(lead?.attributes, { FirstName: firstName }, 'and it is what others read')
    })
  }
  t.same(server.errors(), [])
})

t.test('a refusal is a fault with HTTP status 500 for all of them, HTTP/1.0 among them', async t => {
  const server = await startServerChild(t, { databaseUrl: (await withDatabase(t, 'sqlite')).url })
  const wrongKey = authenticationHeader({ user: account.user, key: 'a wrong key' })
  const message = (email: string) => envelope(wrongKey, ordinaryCall(email))

  for (const variant of [{ message }, { message, http: '1.0', headers: { Host: null } }] satisfies Variant[]) {
    const { status, body } = await converse(t, server, variant, 'nobody@example.org')
    t.equal(status, 500)
    t.match(body, /<code>20014<\/code>/)
  }
})

async function converse(t: Test, server: ServerChild, variant: Variant, email: string): Promise<RawAnswer> {
  const {
    message = ordinaryMessage,
    encode = Buffer.from,
    http = '1.1',
    target = legacyPath,
    send = sendAtOnce,
  } = variant
  const body = encode(message(email))
  const headers: Record<string, string | null> = {
    Host: new URL(server.url).host,
    'Content-Type': 'text/xml; charset=utf-8',
    'Content-Length': String(body.length),
    SOAPAction: '"http://www.marketo.com/mktows/syncLead"',
    ...variant.headers,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}\r\n`]))
  const connection = await RawConnection.connect(server.url)
  t.teardown(() => connection.close())

  await send(connection, `POST ${target} HTTP/${http}\r\n${lines.join('')}\r\n`, body)
  const answer = await connection.answer()
  if (answer === null) throw new Error('the connection ended without an answer')
  return answer
}

async function sendAtOnce(connection: RawConnection, head: string, body: Uint8Array): Promise<void> {
  await connection.write(Buffer.concat([Buffer.from(head), body]))
}

// .NET keeps its body back until it is told to go on.
async function sendWhenToldTo(connection: RawConnection, head: string, body: Uint8Array): Promise<void> {
  await connection.write(head)
  const answer = await connection.answer()
  if (answer?.status !== 100) throw new Error(`expected 100 Continue, got ${answer?.status}`)
  await connection.write(body)
}

/** Cut inside the two bytes of ë too, since nothing keeps a chunk from ending there. */
async function sendInChunks(connection: RawConnection, head: string, body: Uint8Array): Promise<void> {
  await connection.write(head)
  const middle = Buffer.from(body).indexOf('ë') + 1
  for (const chunk of [body.subarray(0, middle), body.subarray(middle)]) {
    await connection.write(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]))
  }
  await connection.write('0\r\n\r\n')
}

function ordinaryMessage(email: string): string {
  return envelope(authenticationHeader(account), ordinaryCall(email))
}

function ordinaryCall(email: string): string {
  const attribute = `<attribute><attrName>FirstName</attrName><attrValue>${firstName}</attrValue></attribute>`
  const record = `<Email>${email}</Email><leadAttributeList>${attribute}</leadAttributeList>`
  return `<ns1:paramsSyncLead><leadRecord>${record}</leadRecord><returnLead>true</returnLead></ns1:paramsSyncLead>`
}

/** The block with its children in the opposite order. */
function reversed(block: string): string {
  const [, start = '', children = '', end = ''] = /^(<[^>]+>)(.*)(<[^>]+>)$/s.exec(block) ?? []
  return start + (children.match(/<(\w+)>.*?<\/\1>/g) ?? []).reverse().join('') + end
}

const qualified = (xml: string): string => xml.replace(/<(\/?)(?!ns1:)(\w)/g, '<$1ns1:$2')

const inDefaultNamespace = (xml: string): string =>
  xml.replaceAll('ns1:', '').replace(/^<(\w+)/, `<$1 xmlns="${mktowsNamespace}"`)

/** The reply of the call, by a parser that is not ours; a reply of another shape throws. */
function readSynced(body: string): unknown {
  const parser = new XMLParser({ removeNSPrefix: true, parseTagValue: false, isArray: name => name === 'attribute' })
  const { syncStatus, leadRecord } = parser.parse(body).Envelope.Body.successSyncLead.result
  const attributes = leadRecord.leadAttributeList.attribute as { attrName: string; attrValue: string }[]
  return {
    status: syncStatus.status,
    email: leadRecord.Email,
    attributes: attributes.map(({ attrName, attrValue }) => [attrName, attrValue]),
  }
}

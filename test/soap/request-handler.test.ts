// The face on a real HTTP server: paths, methods, the WSDL, and clients that speak HTTP in their own ways.
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { defaultBodyLimits, readBody } from '../../src/http/body.js'
import { createHttpServer } from '../../src/http/server.js'
import { createSoapRequestHandler } from '../../src/soap/request-handler.js'
import { parseWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import { aSoapFace, aSyncLead, readReply, theContracts } from '../support/soap-face.js'

const call = aSyncLead('<Email>ada@x.example</Email>')

async function aServer(t: Test, options: { readonly publicUrl?: () => string } = {}) {
  const face = await aSoapFace()
  const defects: unknown[] = []
  const handle = createSoapRequestHandler({
    contracts: await theContracts(),
    endpoint: face.endpoint,
    readBody: request => readBody(request, { ...defaultBodyLimits, bytesMax: 100_000, inflatedBytesMax: 100_000 }),
    publicUrl: options.publicUrl ?? (() => 'https://mail.example'),
    requestIdOf: () => 'request-1',
    onDefect: cause => defects.push(cause),
  })
  const http = createHttpServer({
    handle,
    fallback: (_request, response) => response.writeHead(418).end('the other face'),
    onDefect: cause => defects.push(cause),
  })
  const port = await http.listen(0, '127.0.0.1')
  t.teardown(() => http.close(100))
  return { face, port, defects, url: (path: string) => `http://127.0.0.1:${port}${path}` }
}

const post = (url: string, init: RequestInit = {}) =>
  fetch(url, { method: 'POST', body: call, headers: { 'Content-Type': 'text/xml; charset=utf-8' }, ...init })

/** Sends bytes as they are and gives everything that comes back until the server closes. */
async function raw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(request)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

t.test('a call is answered with its length and without chunks', async t => {
  const { url } = await aServer(t)
  const reply = await post(url('/soap/mktows/3_1'))
  const text = await reply.text()

  t.equal(reply.status, 200)
  t.equal(reply.headers.get('Content-Type'), 'text/xml; charset=utf-8')
  t.equal(reply.headers.get('Content-Length'), String(Buffer.byteLength(text)))
  t.equal(reply.headers.get('X-Request-Id'), 'request-1')
  t.match(text, '<status>CREATED</status>')
})

t.test('habit 1: SOAPAction is not asked, whatever it says', async t => {
  const { url } = await aServer(t)
  const actions = [
    '"http://www.marketo.com/mktows/syncLead"',
    'http://www.marketo.com/mktows/syncLead',
    '""',
    '',
    '"http://www.marketo.com/mktows/paramsSyncLead"',
    '"http://www.marketo.com/mktows/getLead"',
  ]
  for (const SOAPAction of actions) {
    const reply = await post(url('/soap/mktows/3_1'), { headers: { 'Content-Type': 'text/xml', SOAPAction } })
    t.match(await reply.text(), 'successSyncLead', SOAPAction)
  }
})

t.test('habit 13: an HTTP/1.0 client gets a reply that it can read', async t => {
  const { port } = await aServer(t)
  const head = `POST /soap/mktows/3_1 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(call)}`
  const answer = await raw(port, `${head}\r\n\r\n${call}`)

  t.match(answer, /^HTTP\/1\.[01] 200 OK\r\n/)
  t.match(answer, /\r\nContent-Length: \d+\r\n/)
  t.notMatch(answer, /Transfer-Encoding/i)
})

t.test('habit 13: Expect: 100-continue, gzip, and Connection: close', async t => {
  const { port, url } = await aServer(t)
  const head =
    'POST /soap/mktows/2_0 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n' +
    `Content-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(call)}`
  const answer = await raw(port, `${head}\r\n\r\n${call}`)
  t.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)

  const zipped = await post(url('/soap/mktows/3_1'), {
    body: gzipSync(call),
    headers: { 'Content-Type': 'text/xml', 'Content-Encoding': 'gzip' },
  })
  t.equal(zipped.status, 200)
})

t.test('habit 14: a POST to the address of the WSDL is a call', async t => {
  const { url } = await aServer(t)

  t.match(await (await post(url('/soap/mktows/2_3?WSDL'))).text(), 'successSyncLead')
})

t.test(
  'habit 14 and 15: the WSDL is served in any spelling, without a signature, with the address asked for',
  async t => {
    const { url } = await aServer(t)
    for (const version of ['1_8', '2_0', '2_1', '2_2', '2_3', '3_1']) {
      const reply = await fetch(url(`/soap/mktows/${version}?WSDL`))
      const text = await reply.text()
      t.equal(reply.status, 200)
      t.equal(reply.headers.get('Content-Type'), 'text/xml; charset=utf-8')
      t.match(text, `location="https://mail.example/soap/mktows/${version}"`)
      t.ok((await parseWsdlModel(text)).operations.has('syncLead'))
    }
    for (const query of ['?wsdl', '?Wsdl', '?wsdl=1', '?WSDL&x=y', '?x=y&wsdl', '?WSDL.xml', '/?wsdl']) {
      t.equal((await fetch(url(`/soap/mktows/3_1${query}`))).status, 200, query)
    }
  },
)

t.test('the WSDL names the address under which each caller reached the server', async t => {
  let host = 'https://one.example'
  const { url } = await aServer(t, { publicUrl: () => host })
  const served = async () => (await fetch(url('/soap/mktows/3_1?WSDL'))).text()

  t.match(await served(), 'location="https://one.example/soap/mktows/3_1"')
  host = 'http://two.example:8080'
  t.match(await served(), 'location="http://two.example:8080/soap/mktows/3_1"')
  for (let n = 0; n < 200; n++) {
    host = `http://claimed-${n}.example`
    t.match(await served(), `location="${host}/soap/mktows/3_1"`)
  }
})

t.test('HEAD of the WSDL has its length and no body', async t => {
  const { url } = await aServer(t)
  const head = await fetch(url('/soap/mktows/3_1?wsdl'), { method: 'HEAD' })
  const get = await fetch(url('/soap/mktows/3_1?wsdl'))

  t.equal(head.status, 200)
  t.equal(head.headers.get('Content-Length'), get.headers.get('Content-Length'))
  t.equal(await head.text(), '')
})

t.test('habit 15: every version that clients were seen with is served', async t => {
  const { url } = await aServer(t)
  const seen = '1_3 1_4 1_5 1_6 1_7 1_8 2_0 2_1 2_2 2_3 2_4 2_6 2_7 2_9 3_1'.split(' ')
  for (const version of seen) {
    t.match(await (await post(url(`/soap/mktows/${version}`))).text(), 'successSyncLead', version)
  }
})

t.test('a version that there is not is told with those that there are', async t => {
  const { url } = await aServer(t)
  for (const path of [
    '/soap/mktows/9_9',
    '/soap/mktows',
    '/soap/mktows/',
    '/soap/mktows/3_1/extra',
    '/soap/mktows/__proto__',
  ]) {
    const reply = await post(url(path))
    t.equal(reply.status, 404, path)
    t.match(await reply.text(), /there is no version .* there are .*\/soap\/mktows\/3_1/)
  }
})

t.test('other methods, and a GET that asks for nothing, get one sentence', async t => {
  const { url } = await aServer(t)
  const get = await fetch(url('/soap/mktows/3_1'))
  const put = await fetch(url('/soap/mktows/3_1?wsdl'), { method: 'PUT', body: 'x' })

  t.equal(get.status, 405)
  t.equal(get.headers.get('Allow'), 'POST')
  t.match(await get.text(), /POST a call, or GET this address with \?WSDL/)
  t.equal(put.status, 405)
  t.equal(put.headers.get('Allow'), 'GET, HEAD, POST')
})

t.test('paths of others are left to them', async t => {
  const { url } = await aServer(t)
  for (const path of ['/', '/soap', '/soap/mktowsx/3_1', '/v1/people', '/x?/soap/mktows/3_1?wsdl']) {
    t.equal((await fetch(url(path))).status, 418, path)
  }
})

t.test('a body that is refused is a SOAP fault with status 500', async t => {
  const { url, face } = await aServer(t)
  const refused = async (init: RequestInit) => {
    const reply = await post(url('/soap/mktows/3_1'), init)
    return readReply({ status: reply.status as 500, body: await reply.text() })
  }

  t.match(await refused({ body: 'x'.repeat(100_001) }), {
    status: 500,
    fault: { code: '20012', message: /100000 bytes/ },
  })
  const bomb = gzipSync(Buffer.alloc(10_000_000))
  t.match(await refused({ body: bomb, headers: { 'Content-Encoding': 'gzip' } }), {
    fault: { message: /after inflating/ },
  })
  t.match(await refused({ headers: { 'Content-Encoding': 'gzip' } }), { status: 500, fault: { code: '20012' } })
  t.match(await refused({ body: '' }), { status: 500, fault: { code: '20012' } })
  t.same(face.defects, [])
})

t.test('what breaks while the WSDL is made is one sentence for the caller and a report for us', async t => {
  const broken = new Error('no address')
  const { url, defects } = await aServer(t, {
    publicUrl: () => {
      throw broken
    },
  })
  const reply = await fetch(url('/soap/mktows/3_1?wsdl'))

  t.equal(reply.status, 500)
  t.match(await reply.text(), /request-1/)
  t.same(defects, [broken])
})

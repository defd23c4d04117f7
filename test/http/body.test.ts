// Bodies as they arrive on a real socket: whole, compressed, too long, too slow, cut off.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { BodyError, type BodyLimits, readBody } from '../../src/http/body.js'
import { eventually } from '../support/eventually.js'

const limits: BodyLimits = { bytesMax: 1_000, inflatedBytesMax: 4_000, timeoutMs: 5_000 }

interface Reader {
  readonly port: number
  readonly refused: BodyError[]
  /** Requests whose bodies were asked for. */
  readonly begun: number
  send(body: Uint8Array | string, headers?: Record<string, string>): Promise<{ status: number; text: string }>
}

async function startReader(t: Test, given: Partial<BodyLimits> = {}): Promise<Reader> {
  const refused: BodyError[] = []
  let begun = 0
  const server = createServer((incoming: IncomingMessage, response) => {
    begun += 1
    readBody(incoming, { ...limits, ...given }).then(
      body => response.end(body),
      (error: unknown) => {
        if (!(error instanceof BodyError)) throw error
        refused.push(error)
        response.writeHead(error.status, { 'Content-Length': error.message.length }).end(error.message)
      },
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    refused,
    get begun() {
      return begun
    },
    async send(body, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers })
      return { status: response.status, text: await response.text() }
    },
  }
}

t.test('a body comes out as it was sent', async t => {
  const reader = await startReader(t)

  t.same(await reader.send('Grüße'), { status: 200, text: 'Grüße' })
  t.same(await reader.send(''), { status: 200, text: '' })
  t.same(await reader.send('x', { 'content-encoding': 'identity' }), { status: 200, text: 'x' })
})

t.test('a body is the same in one packet with its head, behind another one, and in pieces', async t => {
  const reader = await startReader(t)
  const socket = connect(reader.port, '127.0.0.1').setEncoding('latin1')
  t.teardown(() => socket.destroy())
  let received = ''
  socket.on('data', (text: string) => {
    received += text
  })
  const answers = (): string[] => received.split(/HTTP\/1\.1 /).slice(1)
  const bodies = (): (string | undefined)[] => answers().map(answer => answer.split('\r\n\r\n')[1])
  const post = (body: string, header = ''): string =>
    `POST / HTTP/1.1\r\nHost: x\r\n${header}Content-Length: ${body.length}\r\n\r\n${body}`

  socket.write(post('one') + post('two') + post('not gzip', 'Content-Encoding: gzip\r\n') + post('after it'))
  await eventually(() => answers().length === 4, { withinMs: 10_000, what: 'four answers' })
  socket.write(post('in two pieces').slice(0, -7))
  await eventually(() => reader.begun === 5, { withinMs: 10_000, what: 'the fifth request' })
  socket.write(' pieces')
  await eventually(() => bodies()[4] === 'in two pieces', { withinMs: 10_000, what: 'the fifth answer' })

  t.same(bodies(), ['one', 'two', 'the body is not what its Content-Encoding says', 'after it', 'in two pieces'])
})

t.test('gzip, x-gzip and both kinds of deflate are inflated', async t => {
  const reader = await startReader(t)
  const sent: readonly [string, Buffer][] = [
    ['gzip', gzipSync('hello')],
    ['X-GZIP', gzipSync('hello')],
    ['deflate', deflateSync('hello')],
    ['deflate', deflateRawSync('hello')],
  ]

  for (const [encoding, body] of sent) {
    t.same(await reader.send(body, { 'content-encoding': encoding }), { status: 200, text: 'hello' }, encoding)
  }
})

t.test('a body of just the limit is taken, one byte more is refused, with and without a length', async t => {
  const reader = await startReader(t)
  const chunked = (bytes: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ port: reader.port, host: '127.0.0.1', method: 'POST' }, response => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      outgoing.on('error', reject)
      for (let sent = 0; sent < bytes; sent++) outgoing.write('x')
      outgoing.end()
    })

  t.equal((await reader.send('x'.repeat(1_000))).status, 200)
  t.match(await reader.send('x'.repeat(1_001)), { status: 413, text: 'the body has more than 1000 bytes' })
  t.equal(await chunked(1_000), 200)
  t.equal(await chunked(1_001), 413)
})

t.test('a declared length over the limit is refused before a byte of it came', async t => {
  const reader = await startReader(t)
  const socket = connect(reader.port, '127.0.0.1')
  t.teardown(() => socket.destroy())

  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n')

  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1.1 413 /)
})

t.test('the answer to a refused body reaches a client that sends all of it first', async t => {
  const reader = await startReader(t)

  t.equal((await reader.send('x'.repeat(4_000_000))).status, 413)
})

t.test('a client that goes on sending a refused body is cut off', async t => {
  const reader = await startReader(t)
  const socket = connect(reader.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let isClosed = false
  socket
    .on('error', () => {})
    .on('close', () => {
      isClosed = true
    })

  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n')
  const trickle = setInterval(() => socket.write('x'), 50)
  t.teardown(() => clearInterval(trickle))
  socket.resume()

  t.ok(await eventually(() => isClosed, { withinMs: 10_000, what: 'the end of the connection' }))
})

t.test('a client that closes its connection and sends far too much can be answered while it still sends', async t => {
  const couldAnswer = new Promise<boolean>(resolve => {
    const server = createServer(incoming => {
      readBody(incoming, limits).catch(() => resolve(!incoming.destroyed))
    })
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    server.listen(0, '127.0.0.1', () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
      const sendOn = (): void => {
        if (!socket.destroyed) socket.write(chunk, () => setImmediate(sendOn))
      }
      socket.on('error', () => {})
      t.teardown(() => socket.destroy())
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n')
      sendOn()
    })
  })

  t.equal(await couldAnswer, true)
})

t.test('a small bomb stops at the bound', async t => {
  const reader = await startReader(t, { bytesMax: 1_000_000, inflatedBytesMax: 100_000 })
  const bomb = gzipSync(Buffer.alloc(50_000_000))

  const before = process.memoryUsage.rss()
  const answer = await reader.send(bomb, { 'content-encoding': 'gzip' })

  t.match(answer, { status: 413, text: 'the body has more than 100000 bytes after inflating' })
  t.ok(process.memoryUsage.rss() - before < 40_000_000, 'what was past the bound was never held')
})

t.test('a body that is not what its encoding says is refused', async t => {
  const reader = await startReader(t)
  const sentence = 'the body is not what its Content-Encoding says'

  for (const [encoding, body] of [
    ['gzip', Buffer.from('plain text')],
    ['gzip', gzipSync('hello').subarray(0, 15)],
    ['deflate', Buffer.from('plain text')],
  ] as const) {
    t.same(await reader.send(body, { 'content-encoding': encoding }), { status: 400, text: sentence })
  }
})

t.test('an encoding that is not known is refused by name', async t => {
  const reader = await startReader(t)

  t.same(await reader.send('x', { 'content-encoding': 'br' }), {
    status: 415,
    text: "Content-Encoding: expected gzip, deflate or identity, got 'br'",
  })
  t.equal((await reader.send('x', { 'content-encoding': 'gzip, gzip' })).status, 415)
})

t.test('a body that does not arrive in time is refused', async t => {
  const reader = await startReader(t, { timeoutMs: 60 })
  const socket = connect(reader.port, '127.0.0.1')
  t.teardown(() => socket.destroy())

  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc')

  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1.1 408 [\s\S]*the body did not arrive within 60 ms/)
})

t.test('a client that goes away in the middle is an error, and the next one is served', async t => {
  const reader = await startReader(t)
  const socket = connect(reader.port, '127.0.0.1')

  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc', () => socket.resetAndDestroy())

  await eventually(() => reader.refused.length === 1, { withinMs: 5_000, what: 'the refusal' })
  t.match(reader.refused, [{ status: 400, message: 'the connection was closed before the body was complete' }])
  t.equal((await reader.send('still here')).text, 'still here')
})

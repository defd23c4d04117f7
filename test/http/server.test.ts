// The server as sockets meet it: bounds, hostile requests, and an orderly end.
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { defaultBodyLimits, readBody } from '../../src/http/body.js'
import { createHttpServer, type HttpServerOptions, originForm } from '../../src/http/server.js'
import { eventually } from '../support/eventually.js'

async function start(t: Test, options: Partial<HttpServerOptions> = {}) {
  const defects: unknown[] = []
  const server = createHttpServer({
    handle: () => false,
    fallback: (request, response) => response.end(`fallback ${request.url}`),
    onDefect: cause => defects.push(cause),
    ...options,
  })
  const port = await server.listen(0, '127.0.0.1')
  t.teardown(() => server.close(0))
  return { server, port, defects, url: `http://127.0.0.1:${port}` }
}

function openSocket(t: Test, port: number): { socket: Socket; received: () => string; isClosed: () => boolean } {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  let isClosed = false
  socket.on('data', chunk => {
    received += chunk
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
  })
  t.teardown(() => socket.destroy())
  return { socket, received: () => received, isClosed: () => isClosed }
}

/** Sends a text and waits until the server closes. */
async function converse(t: Test, port: number, text: string): Promise<string> {
  const { socket, received, isClosed } = openSocket(t, port)
  socket.write(text)
  await eventually(isClosed, { withinMs: 10_000, what: 'the end of the connection' })
  return received()
}

/** A listener whose answers wait until they are let go. */
function held(): { listener: RequestListener; running: () => number; release: () => void } {
  const waiting: (() => void)[] = []
  return {
    listener: (_request, response) => void waiting.push(() => response.end('done')),
    running: () => waiting.length,
    release() {
      for (const answer of waiting.splice(0)) answer()
    },
  }
}

t.test('the first taker gets a request first, the other one what is left', async t => {
  const { url } = await start(t, {
    handle(request, response) {
      if (request.url !== '/soap') return false
      response.end('soap')
      return true
    },
  })

  t.equal(await (await fetch(`${url}/soap`)).text(), 'soap')
  t.equal(await (await fetch(`${url}/else`)).text(), 'fallback /else')
})

t.test('targets that a URL parser trips over become plain paths', async t => {
  for (const [target, path] of [
    ['/', '/'],
    ['/a//b?c=//d', '/a//b?c=//d'],
    ['//', '/'],
    ['//evil.example/x', '/evil.example/x'],
    ['/\\evil.example/x', '/evil.example/x'],
    ['/%', '/%'],
    ['http://host:80/x?y', '/x?y'],
    ['http://host', '/'],
    ['http://host?y', '/?y'],
    ['*', '*'],
    ['nonsense', '/nonsense'],
  ] as const) {
    t.equal(originForm(target), path, target)
    t.doesNotThrow(() => new URL(originForm(target), 'http://base'))
  }
})

t.test('hostile targets are answered like any other', async t => {
  const { port } = await start(t)

  for (const [method, target, seen] of [
    ['POST', '//', '/'],
    ['GET', '/%', '/%'],
    ['GET', 'http://other.example/x', '/x'],
    ['OPTIONS', '*', '*'],
  ] as const) {
    const answer = await converse(t, port, `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    t.match(answer, /^HTTP\/1.1 200 /)
    t.ok(answer.includes(`fallback ${seen}`), target)
  }
})

t.test('what is not HTTP gets a 400, headers without end a 431, and both lose the connection', async t => {
  const { port } = await start(t, { limits: { headerBytesMax: 1_000 } })

  t.match(await converse(t, port, 'hello\r\n\r\n'), /^HTTP\/1.1 400 Bad Request\r\n[\s\S]*Connection: close/)
  const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(2_000)}\r\n\r\n`
  t.match(await converse(t, port, long), /^HTTP\/1.1 431 /)
})

t.test('a head that does not come in time is answered 408', async t => {
  const { port } = await start(t, { limits: { headersTimeoutMs: 200, requestTimeoutMs: 400 } })

  t.match(await converse(t, port, 'GET / HTTP/1.1\r\nHost: x\r\n'), /^HTTP\/1.1 408 /)
})

t.test('connections above the limit are not taken', async t => {
  const { port, url } = await start(t, { limits: { connectionsMax: 1 } })
  const first = openSocket(t, port)
  await once(first.socket, 'connect')
  first.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => first.received() !== '', { withinMs: 5_000 })

  await t.rejects(fetch(url))
})

t.test('a client that waits to be told to go on is told', async t => {
  const { port } = await start(t, {
    fallback: (request, response) => void readBody(request, defaultBodyLimits).then(body => response.end(body)),
  })
  const { socket, received } = openSocket(t, port)

  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
  await eventually(() => received().startsWith('HTTP/1.1 100 Continue'), { withinMs: 5_000 })
  socket.write('hello')

  t.ok(await eventually(() => received().endsWith('hello'), { withinMs: 5_000 }))
})

t.test('what a taker throws is a 500 for the caller, and told to the owner', async t => {
  const { url, defects } = await start(t, {
    handle() {
      throw new Error('a defect')
    },
  })

  t.equal((await fetch(url)).status, 500)
  t.match(defects, [{ message: 'a defect' }])
})

t.test('a port that is taken is an error of listen', async t => {
  const { port } = await start(t)
  const second = createHttpServer({ handle: () => false, fallback: () => {}, onDefect: () => {} })

  await t.rejects(second.listen(port, '127.0.0.1'), { code: 'EADDRINUSE' })
})

t.test('close lets running requests finish, refuses new ones, and ends what is idle', async t => {
  const { listener, running, release } = held()
  const { server, port, url } = await start(t, { fallback: listener })
  const unused = openSocket(t, port)
  await once(unused.socket, 'connect')
  const idle = openSocket(t, port)
  idle.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => running() === 1, { withinMs: 5_000 })
  release()
  await eventually(() => idle.received() !== '', { withinMs: 5_000 })
  const answer = fetch(url)
  await eventually(() => running() === 1, { withinMs: 5_000 })

  const closed = server.close(30_000)
  await eventually(() => idle.isClosed() && unused.isClosed(), { withinMs: 5_000, what: 'the end of the idle ones' })
  await t.rejects(fetch(url))
  release()

  const response = await answer
  t.equal(await response.text(), 'done')
  t.equal(response.headers.get('connection'), 'close')
  t.equal(await closed, true)
})

t.test(
  'close still answers who has a connection and speaks at that moment, and tells it that this was the last time',
  async t => {
    const { server, port } = await start(t, {
      fallback: (_request, response) => response.end('done'),
      limits: { lingerMs: 20_000 },
    })
    const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
    const unused = openSocket(t, port)
    await once(unused.socket, 'connect')
    const idle = openSocket(t, port)
    idle.socket.write(request)
    await eventually(() => idle.received().endsWith('done'), { withinMs: 5_000 })

    const closed = server.close(30_000)
    for (const { socket } of [unused, idle]) socket.write(request)

    t.equal(await closed, true, 'both said something, so nobody is waited for any longer')
    await eventually(() => idle.isClosed() && unused.isClosed(), { withinMs: 5_000 })
    for (const { received } of [unused, idle]) t.match(received(), /Connection: close[\s\S]*done$/)
  },
)

t.test('close ends a connection whose answer had begun before', async t => {
  let finish = (): void => {}
  const { server, port } = await start(t, {
    fallback: (_request, response) => {
      response.write('first half, ')
      finish = () => response.end('second half')
    },
  })
  const { socket, received, isClosed } = openSocket(t, port)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => received().includes('first half'), { withinMs: 5_000 })

  const closed = server.close(30_000)
  finish()

  t.ok(await eventually(isClosed, { withinMs: 5_000, what: 'the end of the connection' }))
  t.match(received(), 'second half')
  t.equal(await closed, true)
})

t.test('close cuts off what is still running at the deadline', async t => {
  const { listener, running } = held()
  const { server, url } = await start(t, { fallback: listener })
  const answer = fetch(url)
  await eventually(() => running() === 1, { withinMs: 5_000 })

  const isClean = await Promise.all([server.close(50), t.rejects(answer)])

  t.equal(isClean[0], false)
})

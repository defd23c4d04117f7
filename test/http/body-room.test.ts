// The memory that bodies share while they arrive: long ones need room, short ones never, and what was taken is given
// back however a body ends.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { BodyError, readBody } from '../../src/http/body.js'
import { type BodyRoom, createBodyRoom } from '../../src/http/body-room.js'
import { eventually } from '../support/eventually.js'

const kibibyte = 1024
const long = 150 * kibibyte
/** For one long body; what is left beside it is less than a short one may have. */
const roomBytes = 200 * kibibyte
const short = 64 * kibibyte

interface Reader {
  /** The status by which a body of so many bytes is answered. */
  send(bytes: number): Promise<number>
  /** A client that says it sends a long body, and sends all but its last byte. */
  begin(): Socket
  readonly answered: () => number
}

async function startReader(t: Test, room: BodyRoom): Promise<Reader> {
  let answered = 0
  const limits = { bytesMax: long, inflatedBytesMax: long, timeoutMs: 60_000, room }
  const server = createServer((incoming, response) => {
    const answer = (status: number): void => {
      answered += 1
      response.writeHead(status).end()
    }
    readBody(incoming, limits).then(
      () => answer(200),
      (cause: unknown) => answer(cause instanceof BodyError ? cause.status : 500),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    answered: () => answered,
    send: async bytes => (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(bytes) })).status,
    begin() {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      t.teardown(() => socket.destroy())
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${long}\r\n\r\n${'x'.repeat(long - 1)}`)
      return socket
    },
  }
}

/** The room of `bytesMax`, and how much of it is left. */
function watched(bytesMax: number): BodyRoom & { isFree(bytes: number): boolean } {
  const room = createBodyRoom(bytesMax)
  return {
    ...room,
    isFree(bytes) {
      const place = room.begin()
      const isFree = place.has(bytes)
      place.end()
      return isFree
    },
  }
}

t.test('where long bodies fill the room, the next long one is told to try again, and short ones are taken', async t => {
  const room = watched(roomBytes)
  const reader = await startReader(t, room)

  const slow = reader.begin()
  await eventually(() => !room.isFree(short + 1), { withinMs: 20_000, what: 'the room that the first body takes' })

  t.equal(await reader.send(long), 503)
  t.equal(await reader.send(short), 200)
  slow.write('x')
  await eventually(() => reader.answered() === 3, { withinMs: 20_000, what: 'the answer to the first body' })
  t.equal(await reader.send(long), 200)
})

t.test('a client that goes away in the middle leaves its room behind', async t => {
  const room = watched(roomBytes)
  const reader = await startReader(t, room)

  const slow = reader.begin()
  await eventually(() => !room.isFree(short + 1), { withinMs: 20_000, what: 'the room that the body takes' })
  slow.destroy()

  t.ok(await eventually(() => room.isFree(roomBytes), { withinMs: 20_000, what: 'all of the room' }))
})

t.test('a body takes its length from the room, once', async t => {
  const room = watched(200 * kibibyte)
  const place = room.begin()

  t.ok(place.has(100 * kibibyte))
  t.ok(place.has(long))
  t.notOk(room.isFree(65 * kibibyte))
  place.end()
  place.end()

  t.ok(room.isFree(200 * kibibyte))
  t.notOk(room.isFree(201 * kibibyte))
})

t.test('four bodies are inflated at a time, the others in their order', async t => {
  const room = createBodyRoom(Number.POSITIVE_INFINITY)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const works = Array.from({ length: 6 }, (_, index) =>
    room.begin().inflate(async () => {
      begun.push(index)
      await new Promise<void>(resolve => ends.push(resolve))
      if (index === 0) throw new Error('not gzip')
      return index
    }),
  )
  const settled = Promise.allSettled(works)

  await new Promise(setImmediate)
  t.same(begun, [0, 1, 2, 3])
  // One that fails hands its turn on as well.
  ends[0]!()
  await eventually(() => begun.length === 5, { withinMs: 10_000, what: 'the turn of the fifth' })
  t.same(begun, [0, 1, 2, 3, 4])
  for (const end of ends) end()
  await eventually(() => begun.length === 6, { withinMs: 10_000, what: 'the turn of the last' })
  for (const end of ends) end()

  t.same(
    (await settled).map(({ status }) => status),
    ['rejected', ...Array(5).fill('fulfilled')],
  )
})

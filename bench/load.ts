// Callers in a closed loop over keep-alive connections: each sends its next call once it has the answer to the last.
// It speaks HTTP over bare sockets, since node:http on this side would take as much of the machine as the server does.
// It knows requests and replies; it must not know what they say.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly path: string
  readonly connections: number
  /** Header lines that say what is sent; those of a SOAP message unless told. */
  readonly headers?: readonly string[]
  /** Gives the body of the next call, in Latin-1, for whichever connection is free. */
  readonly nextBody: () => string
  /** No call is begun after this time or this number, whichever comes first. */
  readonly seconds: number
  readonly callsMax?: number
}

export interface LoadResult {
  readonly calls: number
  readonly seconds: number
  /** In no order. */
  readonly latenciesMs: readonly number[]
}

/** @throws Error with the reply, where one is not 200; with the cause, where a connection breaks */
export async function sendLoad(load: Load): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)))
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const deadline = startedAt + load.seconds * 1000
  let begun = 0
  const nextRequest = (): string | null => {
    if (begun >= (load.callsMax ?? Number.POSITIVE_INFINITY) || performance.now() >= deadline) return null
    begun += 1
    return requestOf(load, load.nextBody())
  }
  try {
    await Promise.all(connections.map(connection => converse(connection, nextRequest, latenciesMs)))
  } finally {
    for (const { socket } of connections) socket.destroy()
  }
  return { calls: begun, seconds: (performance.now() - startedAt) / 1000, latenciesMs }
}

async function open(port: number): Promise<Connection> {
  const connection = { socket: socketTo(port), port }
  await once(connection.socket, 'connect')
  return connection
}

/** The socket is another one after each answer of a server that keeps no connection open. */
interface Connection {
  socket: Socket
  readonly port: number
}

const socketTo = (port: number): Socket => connect({ host: '127.0.0.1', port, noDelay: true }).setEncoding('latin1')

const soapHeaders = ['Content-Type: text/xml; charset=utf-8', 'SOAPAction: ""']

function requestOf({ path, headers = soapHeaders }: Load, body: string): string {
  const head = [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, `Content-Length: ${body.length}`]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

function converse(connection: Connection, nextRequest: () => string | null, latenciesMs: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = ''
    let sentAt = 0
    const sendNext = (): void => {
      const request = nextRequest()
      if (request === null) {
        resolve()
        return
      }
      sentAt = performance.now()
      // A new connection belongs to the time of the call that needs it.
      if (connection.socket.destroyed) listenTo(socketTo(connection.port))
      connection.socket.write(request, 'latin1')
    }
    const take = (chunk: string): void => {
      received += chunk
      if (!isWhole(received)) return
      latenciesMs.push(performance.now() - sentAt)
      if (!received.startsWith('HTTP/1.1 200 ')) {
        reject(new Error(`expected 200, got:\n${received}`))
        return
      }
      if (closesHeader.test(received)) connection.socket.removeAllListeners('close').destroy()
      received = ''
      sendNext()
    }
    const listenTo = (socket: Socket): void => {
      connection.socket = socket
      socket.on('data', take)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the server closed a connection that was in use')))
    }
    listenTo(connection.socket)
    sendNext()
  })
}

const closesHeader = /\r\nconnection: *close\r\n/i
const chunkedHeader = /\r\ntransfer-encoding: *chunked\r\n/i
const lengthHeader = /\r\ncontent-length: *(\d+)\r\n/i

function isWhole(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd === -1) return false
  const length = lengthHeader.exec(received.slice(0, headEnd + 2))?.[1]
  if (length === undefined && chunkedHeader.test(received)) return received.endsWith('\r\n0\r\n\r\n')
  if (length === undefined) throw new Error(`expected a reply with Content-Length, got:\n${received}`)
  return received.length >= headEnd + 4 + Number(length)
}

// A line between a program and its database that can be made bad: slow, thin, cut, or dead without a word. It sees
// statements pass, as MySQL's protocol sends them in clear; it must not know which program or schema speaks.
import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import type { Test } from 'tap'

/** What happens to the COMMIT of a transaction. */
export type CommitFault =
  /** The line is cut, and the server never hears of the COMMIT. */
  | 'cut before'
  /** The server hears of it, and the line is cut at the same moment. */
  | 'cut during'
  /** The server has carried it out, and its answer is lost with the line. */
  | 'cut after'
  /** The server never hears of it, and the line seems to stand: whoever waits for the answer waits. */
  | 'dead before'
  /** The server has carried it out, its answer never comes, and the line seems to stand. */
  | 'dead after'

export interface TcpProxy {
  /** The given database URL, over this line. */
  readonly url: string
  /** What comes from the program waits so long, each piece of it. */
  delay(ms: number): void
  /** So many bytes a second, each way; Infinity is the beginning. */
  throttle(bytesPerSecond: number): void
  /** All connections, and those that are made, are silent from now on, as behind a firewall that forgot them. */
  goDead(): void
  /** All connections are cut, and new ones refused. */
  goAway(): Promise<void>
  /** New connections work again; old ones stay what they are. */
  comeBack(): Promise<void>
  /** Does so with the next COMMIT of a connection that sent the text before. Resolves once it did. */
  spoilCommit(fault: CommitFault, afterText: string): Promise<void>
}

interface Line {
  readonly client: Socket
  readonly server: Socket
  isDead: boolean
  spoilsAnswer: 'cut after' | 'dead after' | null
  /** What the client sent since its last COMMIT. */
  sent: string
}

// COM_QUERY and the text; with MySQL 8 and newer the empty list of query attributes stands between them.
const commits = ['\x03COMMIT', '\x03\x00\x01COMMIT']

/** Closed when the test is over. */
export async function startTcpProxy(t: Test, databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl)
  const lines = new Set<Line>()
  let isDead = false
  let delayMs = 0
  let bytesPerSecond = Number.POSITIVE_INFINITY
  let spoiling: { readonly fault: CommitFault; readonly afterText: string; done(): void } | null = null

  const cut = (line: Line): void => {
    line.client.destroy()
    line.server.destroy()
    lines.delete(line)
  }

  const listener = createServer({ noDelay: true }, client => {
    const server = dial({ host: target.hostname, port: Number(target.port || 3306), noDelay: true })
    const line: Line = { client, server, isDead, spoilsAnswer: null, sent: '' }
    lines.add(line)
    const slowly = (bytes: Buffer): number => delayMs + (bytes.length / bytesPerSecond) * 1_000

    pass(client, slowly, bytes => {
      if (line.isDead) return
      const text = bytes.toString('latin1')
      line.sent += text
      if (!commits.some(commit => text.includes(commit))) return void server.write(bytes)
      const fault = spoiling !== null && line.sent.includes(spoiling.afterText) ? spoiling.fault : null
      line.sent = ''
      if (fault === null) return void server.write(bytes)
      spoil(line, fault, bytes)
      if (line.spoilsAnswer === null) spoilt()
    })
    pass(
      server,
      bytes => (bytes.length / bytesPerSecond) * 1_000,
      bytes => {
        if (line.isDead) return
        if (line.spoilsAnswer === null) return void client.write(bytes)
        if (line.spoilsAnswer === 'cut after') cut(line)
        else line.isDead = true
        spoilt()
      },
    )
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => {})
      // Nobody hears of the end of the other one over a dead line.
      one.on('close', () => {
        if (!line.isDead) other.destroy()
      })
    }
  })

  function spoil(line: Line, fault: CommitFault, bytes: Buffer): void {
    switch (fault) {
      case 'cut before':
        cut(line)
        return
      case 'cut during':
        line.server.write(bytes, () => cut(line))
        return
      case 'dead before':
        line.isDead = true
        return
      case 'cut after':
      case 'dead after':
        line.spoilsAnswer = fault
        line.server.write(bytes)
        return
      default:
        fault satisfies never
    }
  }

  function spoilt(): void {
    spoiling?.done()
    spoiling = null
  }

  const listen = async (port: number): Promise<void> =>
    void (await once(listener.listen(port, '127.0.0.1'), 'listening'))
  await listen(0)
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address of the listening socket')
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${address.port}`
  const close = (): void => {
    listener.close()
    for (const line of lines) cut(line)
  }
  t.teardown(close)

  return {
    url: url.href,
    delay(ms) {
      delayMs = ms
    },
    throttle(rate) {
      bytesPerSecond = rate
    },
    goDead() {
      isDead = true
      for (const line of lines) line.isDead = true
    },
    async goAway() {
      const closed = once(listener, 'close')
      close()
      await closed
    },
    async comeBack() {
      isDead = false
      if (!listener.listening) await listen(address.port)
    },
    spoilCommit: (fault, afterText) =>
      new Promise(done => {
        spoiling = { fault, afterText, done }
      }),
  }
}

/** Hands on what comes, in order, each piece after its wait. */
function pass(from: Socket, waitMs: (bytes: Buffer) => number, handOn: (bytes: Buffer) => void): void {
  let before = Promise.resolve()
  from.on('data', (bytes: Buffer) => {
    before = before.then(async () => {
      const ms = waitMs(bytes)
      if (ms > 0) await new Promise(resolve => setTimeout(resolve, ms).unref())
      handOn(bytes)
    })
  })
}

// A receiver of webhooks as somebody else would write it: a small HTTP server that checks signatures with the public
// library and answers as the test says. It knows nothing of how messages are made.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Test } from 'tap'

export interface Received {
  readonly id: string
  readonly type: string
  /** Null for what is not about the status of an address. */
  readonly address: string | null
  readonly version: number | null
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How one message is answered: a status, or something worse. */
export type Answering = number | 'cut' | 'never' | { readonly redirectTo: string }

export interface Receiver {
  readonly url: string
  /** Everything that arrived, in order, also what was answered badly. */
  readonly received: readonly Received[]
  /** Of these, what was answered with success. */
  readonly taken: readonly Received[]
  /** From now on. */
  answer(how: (message: Received) => Answering | Promise<Answering>): void
  /** Throws unless every message carries a good signature by this secret. */
  verify(secret: string): void
}

export async function startReceiver(t: Test): Promise<Receiver> {
  const received: Received[] = []
  const taken: Received[] = []
  let answering: (message: Received) => Answering | Promise<Answering> = () => 204
  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()))

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { type, data } = JSON.parse(body)
    const message: Received = {
      ...{ type, body, headers: request.headers, id: String(request.headers['webhook-id']) },
      ...{ address: data.address ?? null, version: data.version ?? null },
    }
    received.push(message)
    const how = await answering(message)
    if (how === 'cut') request.socket.destroy()
    else if (how === 'never') return
    else if (typeof how === 'object') response.writeHead(302, { location: how.redirectTo }).end()
    else {
      if (how < 300) taken.push(message)
      response.writeHead(how).end('thank you')
    }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/changes`,
    received,
    taken,
    answer(how) {
      answering = how
    },
    verify(secret) {
      const checker = new Webhook(secret)
      for (const { body, headers } of received) checker.verify(body, headers as Record<string, string>)
    },
  }
}

/** Places where a receiver was told an older version of an address behind a newer one, a repetition left aside. */
export function outOfOrder(messages: readonly Received[]): readonly string[] {
  const newest = new Map<string, number>()
  const seen = new Set<string>()
  return messages.flatMap(({ id, address, version }) => {
    if (address === null || version === null || seen.has(id)) return []
    seen.add(id)
    const before = newest.get(address) ?? 0
    newest.set(address, version)
    return version === before + 1 ? [] : [`${address}: ${version} came after ${before}`]
  })
}

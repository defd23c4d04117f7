// What hostile or broken clients send over real sockets, and what the server answers to each. It knows bytes and
// connections; which answer is the right one is the test's to say.
import { Agent, request } from 'node:http'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { authenticationHeader, envelope, legacyPath } from '../support/legacy-client.js'
import { RawConnection } from '../support/raw-http.js'
import { account } from '../support/server-child.js'

export interface Told {
  readonly status: number
  /** Empty where it is no fault. */
  readonly code: string
  readonly text: string
}

export interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

const agent = new Agent({ keepAlive: true })

/** Sends a body as it is and reads the whole answer. */
export function send(
  url: string,
  body: string | Uint8Array,
  { headers = {}, path = legacyPath }: Sending = {},
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const all = { 'Content-Type': 'text/xml; charset=utf-8', ...headers }
    const outgoing = request(url + path, { method: 'POST', headers: all, agent }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () => resolve(told(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))))
    })
    // Once it is answered, the server need not read the rest of what is sent.
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** A signed call. */
export function call(body: string, header = authenticationHeader(account)): string {
  return envelope(header, body)
}

export function told(status: number, text: string): Told {
  return { status, code: /<code>(\d+)<\/code>/.exec(text)?.[1] ?? '', text }
}

/** What inflates to 1 GiB: a thousand times the same packed mebibyte, as the format allows. */
export function aBomb(): Buffer {
  const packed = gzipSync(Buffer.alloc(1024 * 1024, ' '))
  return Buffer.concat(Array<Buffer>(1024).fill(packed))
}

/** Sends chunks for as long as the server lets it, and gives the answer. */
export async function sendWithoutEnd(url: string, path = legacyPath): Promise<Told | null> {
  const connection = await RawConnection.connect(url)
  try {
    await connection.write(head('Transfer-Encoding: chunked').replace(legacyPath, path))
    let isAnswered = false
    const answer = connection.answer().finally(() => {
      isAnswered = true
    })
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
    // A closed connection ends the attack as well as an answer does.
    while (!isAnswered) {
      await Promise.race([connection.write(chunk).catch(() => delay(10)), answer])
      // As long as the system takes all at once, nothing that came would be read.
      await nextTurn()
    }
    const got = await answer
    return got && told(got.status, got.body)
  } finally {
    connection.close()
  }
}

/** Sends a drop every half second, after the first part, until the server says something or hangs up. */
export async function drip(url: string, first: string, drop = 'x'): Promise<Told | null> {
  const connection = await RawConnection.connect(url)
  try {
    await connection.write(first)
    let isAnswered = false
    const answer = connection.answer().finally(() => {
      isAnswered = true
    })
    while (!isAnswered) {
      await Promise.race([delay(500), answer])
      if (!isAnswered) await connection.write(drop).catch(() => delay(500))
    }
    const got = await answer
    return got && told(got.status, got.body)
  } finally {
    connection.close()
  }
}

export function head(...fields: readonly string[]): string {
  return [`POST ${legacyPath} HTTP/1.1`, 'Host: localhost', 'Content-Type: text/xml', ...fields, '', ''].join('\r\n')
}

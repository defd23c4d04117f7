// One connection on which a test says byte by byte what it sends, and reads answers as they come: for what no HTTP
// library would send, and for the moments in which one would look away. It knows how answers are framed.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export class RawConnection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #hasEnded = false
  #onChange: () => void = () => {}

  static async connect(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#onChange()
    })
    // A reset is an end like any other: what matters is which answers came before it.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#hasEnded = true
      this.#onChange()
    })
  }

  /** Resolves once the bytes are handed to the system, which on the loopback is the other side's buffer. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.write(bytes, cause => (cause === null || cause === undefined ? resolve() : reject(cause))),
    )
  }

  /** The next answer, a 100 among them; null where the connection ended without one. */
  async answer(): Promise<RawAnswer | null> {
    for (;;) {
      const answer = this.#takeAnswer()
      if (answer !== null || this.#hasEnded) return answer
      await new Promise<void>(resolve => {
        this.#onChange = resolve
      })
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  #takeAnswer(): RawAnswer | null {
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return null
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, headEnd).split('\r\n')
    const headers = new Map(
      lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.replace(/^.*?: */, '')]),
    )
    const end = headEnd + 4 + Number(headers.get('content-length') ?? 0)
    if (this.#received.length < end) return null
    const body = this.#received.toString('utf8', headEnd + 4, end)
    this.#received = this.#received.subarray(end)
    return { status: Number(statusLine.split(' ')[1]), headers, body }
  }
}

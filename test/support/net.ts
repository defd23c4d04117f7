// A free TCP port on the loopback address. It knows sockets only.
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port that nobody listened on a moment ago. Where a server can take port 0 and say which port it got, prefer that:
 * between this answer and its use another process may take the port.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address of the listening socket')
  return address.port
}

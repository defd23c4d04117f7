// The least that a check over HTTP can cost with these packages: Node's bare server, the one statement, prepared, and
// JSON. It asks nobody for a key, reads every address as it stands, and keeps no record.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createConnection, type RowDataPacket } from 'mysql2'
import { bareStatements } from '../bare-statements.js'

const connections = Array.from({ length: 8 }, () =>
  createConnection({ uri: process.env.DATABASE_URL!, charset: 'utf8mb4', supportBigNumbers: true }),
)
const nothing: Partial<RowDataPacket> = {}
let turn = 0

const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', piece => pieces.push(piece))
  request.on('end', () => {
    const { addresses } = JSON.parse(Buffer.concat(pieces).toString()) as { addresses: string[] }
    const { sql, valuesOf } = bareStatements(addresses.length).at(-1)!
    connections[turn++ % connections.length]!.execute<RowDataPacket[]>(sql, valuesOf(addresses), (cause, rows) => {
      if (cause !== null) throw cause
      const found = new Map<string, Partial<RowDataPacket>>(rows.map(row => [row.address_key as string, row]))
      const verdicts = addresses.map(address => {
        const { unsubscribed, version = 0, since = null, reason = null } = found.get(address) ?? nothing
        const [verdict, status] = unsubscribed ? ['blocked', 'unsubscribed'] : ['send', 'subscribed']
        return { address, verdict, why: status, status, version, since, reason }
      })
      const body = Buffer.from(JSON.stringify({ mode: 'each', check: 'on', verdicts }))
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
    })
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
process.on('SIGTERM', () => process.exit(0))

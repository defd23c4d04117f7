// Baseline (d): node's bare HTTP server. It takes the whole body and answers a constant as long as a reply to syncLead.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const reply = process.env.REPLY!

const server = createServer((request, response) => {
  request.on('data', () => {})
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': reply.length })
    response.end(reply)
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`baseline listens on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
process.once('SIGTERM', () => process.exit(0))

// Whom a request is held against: a caller must not be able to choose.
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { clientAddress } from '../../src/http/client-address.js'
import { readNetworks } from '../../src/http/networks.js'

const { networks: trustedProxies } = readNetworks(['10.0.0.0/8'])

function from(remoteAddress: string, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return clientAddress({ socket: { remoteAddress }, headers } as unknown as IncomingMessage, trustedProxies)
}

t.test('without a trusted proxy it is the peer, whatever the headers say', async t => {
  t.equal(from('192.0.2.1'), '192.0.2.1')
  t.equal(from('192.0.2.1', '203.0.113.5'), '192.0.2.1')
})

t.test('behind trusted proxies it is the last address that none of them has', async t => {
  t.equal(from('10.0.0.1', '203.0.113.5'), '203.0.113.5')
  t.equal(from('10.0.0.1', '203.0.113.5, 10.0.0.2'), '203.0.113.5')
  t.equal(from('10.0.0.1', 'made-up, 203.0.113.5'), '203.0.113.5', 'what stands before it is made up')
  t.equal(from('10.0.0.1'), '10.0.0.1')
})

t.test('what a proxy passes on is bounded', async t => {
  t.equal(from('10.0.0.1', 'x'.repeat(5000)).length, 64)
})

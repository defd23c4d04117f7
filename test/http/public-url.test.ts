// Under which URL a caller is told to come back, and whom that is believed from.
import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { readNetworks } from '../../src/http/networks.js'
import { publicUrl } from '../../src/http/public-url.js'

const { networks: trustedProxies } = readNetworks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])

interface Traits {
  readonly from?: string
  readonly headers?: Record<string, string>
  readonly publicUrl?: string | null
  readonly tls?: boolean
}

function urlFor({ from = '203.0.113.9', headers = { host: 'here:8080' }, publicUrl: url = null, tls }: Traits): string {
  const address = { remoteAddress: from, localAddress: '::ffff:127.0.0.1', localPort: 8080 }
  const socket = Object.defineProperties(new Socket(), Object.getOwnPropertyDescriptors(address))
  if (tls) Object.assign(socket, { encrypted: true })
  return publicUrl({ socket, headers } as unknown as IncomingMessage, { publicUrl: url, trustedProxies })
}

t.test('what the operator says wins', async t => {
  const headers = { host: 'here', 'x-forwarded-host': 'there' }

  t.equal(
    urlFor({ publicUrl: 'https://unsubscribe.example.org', headers, from: '10.1.2.3' }),
    'https://unsubscribe.example.org',
  )
})

t.test('without it, it is the host that the caller named, with the scheme of the connection', async t => {
  t.equal(urlFor({}), 'http://here:8080')
  t.equal(urlFor({ tls: true }), 'https://here:8080')
  t.equal(urlFor({ headers: { host: '[2001:db8::1]:8080' } }), 'http://[2001:db8::1]:8080')
})

t.test('forwarded headers count from a trusted proxy only', async t => {
  const headers = { host: 'inside', 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'outside.example.org' }

  for (const from of ['10.255.0.1', '::ffff:10.0.0.1', '192.0.2.7', '2001:db8:1::5']) {
    t.equal(urlFor({ from, headers }), 'https://outside.example.org', from)
  }
  for (const from of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::1']) {
    t.equal(urlFor({ from, headers }), 'http://inside', from)
  }
})

t.test('a host that is none is never repeated', async t => {
  for (const host of ['a"b', '<x>', 'a/b', 'a b', 'user@host', 'x:999999', '']) {
    t.equal(urlFor({ headers: { host } }), 'http://127.0.0.1:8080', host)
  }
  const spoofed = { host: 'inside', 'x-forwarded-host': '"/><x', 'x-forwarded-proto': 'javascript' }
  t.equal(urlFor({ from: '10.0.0.1', headers: spoofed }), 'http://inside')
  t.equal(urlFor({ headers: {} }), 'http://127.0.0.1:8080')
})

t.test('what is not an IP range is named, and all of it at once', async t => {
  const { problems } = readNetworks(['10.0.0.0/33', '10.0.0.0/8', 'proxy', '::/129', '1.2.3.4/8/9', '1.2.3.4/x'])

  t.same(problems, [
    "'10.0.0.0/33' is not an IP range",
    "'proxy' is not an IP range",
    "'::/129' is not an IP range",
    "'1.2.3.4/8/9' is not an IP range",
    "'1.2.3.4/x' is not an IP range",
  ])
})

t.test('without ranges nobody is trusted', async t => {
  const { networks: none } = readNetworks([])

  t.notOk(none.has('127.0.0.1'))
  t.notOk(none.has(undefined))
  t.notOk(none.has('a pipe'))
})

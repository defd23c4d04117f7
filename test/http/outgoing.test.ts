// Requests to URLs that somebody gave: where they may go, and that nothing leads them anywhere else.
import type { LookupAddress } from 'node:dns'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { readNetworks } from '../../src/http/networks.js'
import { createOutgoing, type OutgoingOptions } from '../../src/http/outgoing.js'

const addressOf = (address: string): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })

function anOutgoing(addresses: readonly string[], allowed: readonly string[] = [], timeoutMs = 20_000) {
  const resolve: NonNullable<OutgoingOptions['resolve']> = (_, __, done) => done(null, addresses.map(addressOf))
  return createOutgoing({ allowed: readNetworks(allowed).networks, timeoutMs, resolve })
}

t.test('only https to public addresses may be called', async t => {
  const publicly = anOutgoing(['93.184.215.14', '2606:2800:220:1::'])

  t.equal(await publicly.refusedTarget('https://example.org/changes'), null)
  t.match(await publicly.refusedTarget('http://example.org/changes'), /expected https/)
  t.match(await publicly.refusedTarget('ftp://example.org/'), /expected https:\/\/, got ftp/)
  t.match(await publicly.refusedTarget('https://me:secret@example.org/'), /no user or password/)
  t.match(await publicly.refusedTarget('changes'), /expected a URL/)
})

t.test('no address of a private network may be called, however it is written', async t => {
  const outgoing = anOutgoing([])
  const hosts = [
    ...['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    // The same in forms that some take for names.
    ...['2130706433', '0x7f.1', '0177.0.0.1', '127.1'],
    ...[
      '[::1]',
      '[::]',
      '[::ffff:10.0.0.1]',
      '[64:ff9b::a00:1]',
      '[2002:a00:1::]',
      '[fd00::1]',
      '[fe80::1]',
      '[ff02::1]',
    ],
    ...['[2001:db8::1]', '[2001::1]', '[::10.0.0.1]'],
  ]
  for (const host of hosts)
    t.match(await outgoing.refusedTarget(`https://${host}/`), /not on the public internet/, host)
  for (const host of ['8.8.8.8', '[2606:4700::1111]']) t.equal(await outgoing.refusedTarget(`https://${host}/`), null)
})

t.test('a name that points into a private network is refused, also where only one of its addresses does', async t => {
  const target = 'https://innocent.example.org/'

  t.match(await anOutgoing(['10.0.0.1']).refusedTarget(target), /not on the public internet/)
  t.match(await anOutgoing(['93.184.215.14', '::1']).refusedTarget(target), /not on the public internet/)
  const signal = new AbortController().signal
  const post = anOutgoing(['127.0.0.1']).post({ url: target, headers: {}, body: '{}' }, signal)
  await t.rejects(post, { name: 'TargetRefused' }, 'and so at each request, whatever the name pointed to before')
})

t.test('an admin may allow networks, and plain http to them', async t => {
  const outgoing = anOutgoing(['10.1.2.3'], ['10.1.0.0/16'])

  t.equal(await outgoing.refusedTarget('http://crm.internal/'), null)
  t.equal(await outgoing.refusedTarget('https://10.1.9.9/'), null)
  t.match(await outgoing.refusedTarget('https://10.2.0.1/'), /WEBHOOK_NETWORKS/)
})

t.test(
  'the socket goes to the address that was looked at, an endless answer is cut off, a slow one is given up',
  async t => {
    const server = createServer((request, response) => {
      if (request.url === '/slow') return
      response.writeHead(200)
      const pour = (): void => {
        while (response.write('x'.repeat(10_000)));
        response.once('drain', pour)
      }
      pour()
      response.once('close', () => void closed.push(request.url!))
    })
    const closed: string[] = []
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const outgoing = anOutgoing(['127.0.0.1'], ['127.0.0.1'], 2_000)
    t.teardown(() => outgoing.close())
    const post = (path: string) =>
      outgoing.post(
        { url: `http://no.such.host:${port}${path}`, headers: {}, body: '{}' },
        new AbortController().signal,
      )

    t.same(await post('/endless'), { status: 200 })
    await t.rejects(post('/slow'), { message: 'no answer within 2000 ms' })
    t.same(closed, ['/endless'])
  },
)

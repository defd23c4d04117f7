// Traces as a collector receives them: a call, its command, the batch and its steps in one trace, under the caller's;
// and no address, path or key in any of them.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { readConfig } from '../src/config.js'
import { withDatabase } from './support/database.js'
import { account, startServerChild } from './support/server-child.js'

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: readonly Attribute[]
  readonly links?: readonly { readonly spanId: string }[]
}

const callerTrace = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${callerTrace}-00f067aa0ba902b7-01`

t.test('a call, its command, the batch and its steps are one trace under that of the caller', async t => {
  const collector = await aCollector(t)
  const { url } = await withDatabase(t, 'sqlite')
  const server = await startServerChild(t, {
    databaseUrl: url,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test' },
  })
  const client = server.client()
  await client.syncLead({ email: 'ada@example.org', attributes: { Unsubscribed: '1' } })
  await fetch(`${server.url}/v1/addresses/grace@example.org/subscription`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${account.apiKey}`, 'Content-Type': 'application/json', traceparent },
    body: JSON.stringify({ status: 'unsubscribed' }),
  })
  await client.getLead('EMAIL', 'nobody@example.org').catch(() => {})
  await fetch(`${server.url}/health/live`)
  client.close()
  await server.stop()

  const spans = collector.spans()
  const named = (name: string, among = spans): Span => among.find(span => span.name === name)!
  const put = named('PUT /v1/addresses/:address/subscription')
  const ours = spans.filter(({ traceId }) => traceId === callerTrace)
  t.match(put, { traceId: callerTrace, parentSpanId: '00f067aa0ba902b7' })
  t.equal(attribute(put, 'http.response.status_code'), 200)
  t.equal(named('command set-subscription', ours).parentSpanId, put.spanId)
  const batch = named('batch', ours)
  t.equal(batch.parentSpanId, named('command set-subscription', ours).spanId)
  for (const step of ['find kept answers, lock and read', 'write', 'commit'])
    t.equal(named(step, ours)?.parentSpanId, batch.spanId, step)

  const sync = named('SOAP syncLead')
  t.equal(named('command save-person').parentSpanId, sync.spanId)
  t.equal(attribute(named('SOAP getLead'), 'durable_unsubscribe.fault_code'), '20103')
  t.notOk(
    spans.some(({ name }) => /health/.test(name)),
    'probes are not traced',
  )
  t.match(collector.text(), /"service.name".*durable-unsubscribe/)
  t.match(collector.text(), /deployment.environment/)
  t.notMatch(collector.text(), /example\.org|ada|grace|nobody|duk_|MKTOWS/, 'nothing of what callers sent')
})

t.test('a batch of several commands belongs to the first of them and is linked to the others', async t => {
  const collector = await aCollector(t)
  const { url } = await withDatabase(t, 'sqlite')
  const server = await startServerChild(t, { databaseUrl: url, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  const { status } = await server.client().json('POST', '/v1/people', {
    people: ['a@example.org', 'b@example.org', 'c@example.org'].map(email => ({ email })),
  })
  await server.stop()

  t.equal(status, 200)
  const batch = collector.spans().find(({ name }) => name === 'batch')!
  const commands = collector.spans().filter(({ name }) => name === 'command save-person')
  t.equal(commands.length, 3)
  t.equal(attribute(batch, 'durable_unsubscribe.batch_size'), 3)
  t.same(
    [batch.parentSpanId, ...batch.links!.map(({ spanId }) => spanId)],
    commands.map(({ spanId }) => spanId),
  )
})

t.test('what the sampler leaves out is not sent, and a collector that is away disturbs nobody', async t => {
  const collector = await aCollector(t)
  const { url } = await withDatabase(t, 'sqlite')
  const start = (env: Readonly<Record<string, string>>) => startServerChild(t, { databaseUrl: url, env })
  const unsampled = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'always_off' })
  await unsampled.client().syncLead({ email: 'ada@example.org' })
  await unsampled.stop()
  t.same(collector.spans(), [])

  const unheard = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
  t.match(await unheard.client().syncLead({ email: 'ada@example.org' }), { status: 'UPDATED' })
  t.equal((await unheard.stop()).code, 0)
})

t.test('gRPC is refused with what is spoken', async t => {
  t.throws(() => readConfig({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), /expected http\/json or http\/protobuf/)
})

async function aCollector(t: Test) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    if (request.url === '/v1/traces') bodies.push(text)
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => bodies.join('\n'),
    spans: (): Span[] =>
      bodies.flatMap(body =>
        JSON.parse(body).resourceSpans.flatMap((resource: { readonly scopeSpans: readonly { spans: Span[] }[] }) =>
          resource.scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
  }
}

function attribute({ attributes }: Span, key: string): unknown {
  const found = attributes.find(attribute => attribute.key === key)
  return found === undefined ? undefined : Object.values(found.value)[0]
}

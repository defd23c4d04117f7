// What Prometheus reads.
import t from 'tap'
import { createMetrics } from '../../src/http/metrics.js'

t.test('everything that is told is counted under its name', async t => {
  const metrics = createMetrics()
  metrics.command('set-subscription', 'carried-out', 12)
  metrics.batch(3, 4)
  metrics.storeRetry()
  metrics.soapCall('syncLead', '20014', 5)
  metrics.soapCall('syncLead', null, 5)
  metrics.httpRequest('/v1/addresses/:address', 'GET', 200)
  metrics.unknownElement('leadRecrd')
  metrics.watchQueue(() => 42)

  const { contentType, text } = await metrics.read()

  t.match(contentType, /^text\/plain/)
  for (const line of [
    'durable_unsubscribe_commands_total{kind="set-subscription",outcome="carried-out"} 1',
    'durable_unsubscribe_command_seconds_sum{kind="set-subscription"} 0.012',
    'durable_unsubscribe_batch_size_sum 3',
    'durable_unsubscribe_batch_seconds_sum 0.004',
    'durable_unsubscribe_store_retries_total 1',
    'durable_unsubscribe_soap_calls_total{operation="syncLead",fault_code="20014"} 1',
    'durable_unsubscribe_soap_calls_total{operation="syncLead",fault_code=""} 1',
    'durable_unsubscribe_soap_call_seconds_count{operation="syncLead"} 2',
    'durable_unsubscribe_http_requests_total{route="/v1/addresses/:address",method="GET",status="200"} 1',
    'durable_unsubscribe_unknown_elements_total{name="leadRecrd"} 1',
    'durable_unsubscribe_queue_waiting 42',
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
  t.match(text, /^process_cpu_seconds_total /m)
  t.match(text, /^nodejs_eventloop_lag_seconds /m)
})

t.test('the queue is looked at each time', async t => {
  const metrics = createMetrics()
  let waiting = 1
  metrics.watchQueue(() => waiting)

  t.match((await metrics.read()).text, /queue_waiting 1$/m)
  waiting = 2
  t.match((await metrics.read()).text, /queue_waiting 2$/m)
})

t.test('callers cannot make names without end', async t => {
  const metrics = createMetrics()
  for (let n = 0; n < 1_000; n++) metrics.unknownElement(`element${n}`)
  metrics.unknownElement('x'.repeat(65))
  metrics.unknownElement('element7')

  const { text } = await metrics.read()

  t.equal(text.match(/unknown_elements_total\{/g)?.length, 101)
  t.match(text, /unknown_elements_total\{name="\(other\)"\} 901$/m)
  t.match(text, /unknown_elements_total\{name="element7"\} 2$/m)
})

t.test('what waits behind the faces is counted at each look, and a store that fails is down', async t => {
  const metrics = createMetrics()
  metrics.watchBacklog(async () => ({
    waiting: { jobs: 3, histories: 0 },
    webhookLag: 7,
    webhookOldestMs: 1_500,
    salesforceInboxMs: 0,
  }))
  const { text } = await metrics.read()
  for (const line of ['background_waiting{work="jobs"} 3', 'background_waiting{work="histories"} 0', 'webhook_lag 7'])
    t.ok(text.includes(`\ndurable_unsubscribe_${line}\n`), line)
  t.match(text, /^durable_unsubscribe_store_up 1$/m)

  const down = createMetrics()
  down.watchBacklog(() => Promise.reject(new Error('gone')))
  t.match((await down.read()).text, /^durable_unsubscribe_store_up 0$/m)
  t.notMatch((await down.read()).text, /work="jobs"/, 'nobody knows what waits')
})

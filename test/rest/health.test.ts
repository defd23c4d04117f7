// What balancers and Prometheus ask, without a key.
import t from 'tap'
import { readinessLog, seldom } from '../../src/observing.js'
import { startJsonFace } from '../support/json-face.js'

t.test('the process is alive as long as it answers', async t => {
  const readiness = async () => ({ isReady: false, problems: ['the store does not answer'] })
  const face = await startJsonFace(t, { readiness })

  const { status, json, headers } = await face.ask('GET', '/health/live', { as: null })

  t.equal(status, 200)
  t.same(json, { status: 'ok' })
  t.equal(headers.get('cache-control'), 'no-store')
  t.equal((await face.ask('HEAD', '/health/live', { as: null })).status, 200)
})

t.test('it is ready when calls can be served', async t => {
  const face = await startJsonFace(t)

  t.match(await face.ask('GET', '/health/ready', { as: null }), {
    status: 200,
    json: { status: 'ready', problems: [] },
  })
})

t.test('when they cannot, each thing that stands in the way is told', async t => {
  const problems = ['the store does not answer', 'the schema is older than this program']
  const face = await startJsonFace(t, { readiness: async () => ({ isReady: false, problems }) })

  t.match(await face.ask('GET', '/health/ready', { as: null }), {
    status: 503,
    json: { status: 'not-ready', problems },
  })
})

t.test('a change of readiness is logged once, and no probe is an error', async t => {
  const lines: unknown[] = []
  const logger = {
    warn: (line: object, text: string) => void lines.push(['warn', line, text]),
    info: (text: string) => void lines.push(['info', text]),
  }
  let problems: readonly string[] = []
  const look = async () => ({ isReady: problems.length === 0, problems })
  const face = await startJsonFace(t, { readiness: readinessLog(logger as never, look) })
  const statuses: number[] = []
  for (const [state, probes] of [
    [[], 1],
    [['the database cannot be reached'], 3],
    [[], 2],
    [['12 wait'], 2],
  ] as const) {
    problems = state
    for (let probe = 0; probe < probes; probe++)
      statuses.push((await face.ask('GET', '/health/ready', { as: null })).status)
  }

  t.same(statuses, [200, 503, 503, 503, 200, 200, 503, 503])
  t.match(lines, [
    ['warn', { problems: ['the database cannot be reached'] }, /^not ready/],
    ['info', 'ready again'],
    ['warn', { problems: ['12 wait'] }, /^not ready/],
  ])
  t.equal(lines.length, 3)
  t.notMatch(face.logged(), /"level":"(warn|error)"/)
})

t.test('a question that cannot be answered is not a yes', async t => {
  const face = await startJsonFace(t, { readiness: () => Promise.reject(new Error('broken')) })

  t.equal((await face.ask('GET', '/health/ready', { as: null })).status, 500)
})

t.test('metrics are text, for Prometheus', async t => {
  const face = await startJsonFace(t)

  const { status, headers, text } = await face.ask('GET', '/metrics', { as: null })

  t.equal(status, 200)
  t.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  t.match(text, /^# TYPE durable_unsubscribe_commands_total counter$/m)
})

t.test('what fails every second is a line a minute, which says how many it stands for', async t => {
  const lines: { readonly unlogged?: number }[] = []
  let now = 0
  const failed = seldom({ warn: (line: object) => void lines.push(line) } as never, 'it failed', () => now)

  for (; now < 120_000; now += 1_000) failed(new Error('no answer'))
  failed(new Error('no answer'))

  t.match(lines, [{ unlogged: 0 }, { unlogged: 59 }, { unlogged: 59 }])
})

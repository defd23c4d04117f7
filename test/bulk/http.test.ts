// Files over HTTP, in and out: a real server over the embedded store, and connections that break or lie.
import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { readConfig } from '../../src/config.js'
import { open } from '../../src/opening.js'
import { serve } from '../../src/serve.js'
import type { Job } from '../../src/service/jobs/jobs.js'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { requires } from '../support/requirements.js'
import { inStore } from '../support/store-inspection.js'

t.setTimeout(300_000)

type Body = string | Uint8Array | AsyncGenerator<Uint8Array>

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly json: Record<string, unknown>
}

async function aServer(t: Test, engine: Engine, env: Record<string, string> = {}) {
  const { url: databaseUrl } = await withDatabase(t, engine)
  const config = readConfig({ DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'silent', ...env })
  const { store, credentials } = await open(config)
  for (const role of ['reader', 'writer', 'admin'] as const) await credentials.addApi(role, role, `${role}-key`)
  await store.close()
  const server = await serve(config)
  t.teardown(() => server.close())
  const ask = async (path: string, init: RequestInit & { as?: string } = {}): Promise<Response> => {
    const { as = 'writer', headers, ...rest } = init
    return fetch(server.url + path, { ...rest, headers: { authorization: `Bearer ${as}-key`, ...headers } })
  }
  const post = async (query: string, body: Body, init: { as?: string; headers?: Record<string, string> } = {}) => {
    const streamed = typeof body === 'object' && Symbol.asyncIterator in body
    const sent = { method: 'POST', body, ...init, ...(streamed ? { duplex: 'half' } : {}) } as RequestInit
    const response = await ask(`/v1/imports?${query}`, { ...sent, ...init })
    return { status: response.status, headers: response.headers, json: await response.json() } as Answer
  }
  const over = async (location: string | null): Promise<Record<string, unknown>> => {
    let job: Record<string, unknown> = {}
    await eventually(
      async () => {
        job = (await (await ask(location ?? '')).json()) as Record<string, unknown>
        return job.endedAt !== null
      },
      { withinMs: 120_000, everyMs: 20, what: 'the end of the job' },
    )
    return job
  }
  const jobs = (): Promise<readonly Job[]> => inStore(databaseUrl, store => store.jobs({ before: null, limit: 10 }))
  return { ask, post, over, jobs, databaseUrl }
}

const list = 'email,reason\nada@x.example,letter\nbob@x.example,phone\n'

for (const engine of ['sqlite', 'mysql'] satisfies Engine[]) {
  t.test(`a file that is sent becomes a job, and is exported again (${engine})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { ask, post, over } = await aServer(t, engine)

    for (const body of [list, gzipSync(list)]) {
      const { status, headers, json } = await post('subject=suppressions&name=list.csv', body)
      t.equal(status, 202)
      t.match(json, { kind: 'suppressions', name: 'list.csv', rows: 2, actor: 'writer' })
      t.match(await over(headers.get('location')), { state: 'complete', done: 2, failed: 0 })
    }
    const people = await post('subject=people&flag=suppress', '{"email":"cy@x.example","unsubscribed":true}\n')
    t.match(await over(people.headers.get('location')), { state: 'complete', created: 1, suppressed: 1 })

    const plain = await ask('/v1/exports/suppressions', { as: 'reader', headers: { 'accept-encoding': 'identity' } })
    t.equal(plain.headers.get('content-encoding'), null)
    t.match(await plain.text(), /^email,status,.*\nada@x\.example,unsubscribed,letter,bulk import,.*\nbob.*\ncy/)
    const packed = await ask('/v1/exports/people?format=ndjson', { as: 'reader' })
    t.match([packed.headers.get('content-encoding'), packed.headers.get('content-type')], ['gzip', /x-ndjson/])
    t.match(JSON.parse(await packed.text()), { email: 'cy@x.example', unsubscribed: '1' })
  })
}

t.test('the last page of what was not carried out says that it is the last', async t => {
  const { ask, post, over } = await aServer(t, 'sqlite')
  const { headers } = await post('subject=suppressions', 'email\nada@x.example\nnobody\n')
  const { id } = await over(headers.get('location'))

  const report = await (await ask(`/v1/jobs/${id}/errors`)).json()

  t.match(report, { errors: [{ line: 3, type: 'failed' }], next: null })
})

t.test('a named upload is taken once, and its name belongs to its bytes', async t => {
  const { post, jobs } = await aServer(t, 'sqlite')
  const headers = { 'idempotency-key': randomUUID() }

  const first = await post('subject=suppressions', list, { headers })
  const again = await post('subject=suppressions', list, { headers })
  t.match([first.status, again.status], [202, 202])
  t.equal(again.json.id, first.json.id)
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  for (const [query, body] of [
    ['subject=suppressions', `${list}z@x.example,x\n`],
    ['subject=suppressions&dryRun=true', list],
  ] as const)
    t.match(await post(query, body, { headers }), { status: 422, json: { type: /idempotency-key-reused/ } })
  t.equal((await jobs()).length, 1)
})

t.test('what cannot be taken is refused with a reason, and leaves nothing', async t => {
  const { post, jobs } = await aServer(t, 'sqlite', { IMPORT_BYTES_MAX: '100000' })
  const rows = 'a@x.example\n'.repeat(20_000)
  const cases: readonly (readonly [string, string, Body, number, RegExp, string?])[] = [
    ['a broken file', 'subject=suppressions', 'email,reason\na@x.example,"x\n', 422, /line 2: a quote is opened/],
    ['too long', 'subject=suppressions', rows, 413, /more than 100000 bytes/],
    ['too long once unpacked', 'subject=suppressions', gzipSync(rows), 413, /more than 100000 bytes/],
    ['half a gzip', 'subject=suppressions', gzipSync(list).subarray(0, 40), 400, /not gzip to its end/],
    ['no subject', '', list, 422, /query\.subject/],
    ['a reader', 'subject=suppressions', list, 403, /role writer/, 'reader'],
    ['fields added by a writer', 'subject=people&unknown=add', list, 403, /role admin/],
    ['correct by a writer', 'subject=suppressions&flag=correct', list, 403, /role admin/],
    ['correct without a reason', 'subject=people&flag=correct', list, 422, /query\.reason.*1 more/, 'admin'],
  ]
  for (const [what, query, body, status, detail, as = 'writer'] of cases)
    t.match(await post(query, body, { as }), { status, json: { detail } }, what)
  for (const type of ['multipart/form-data; boundary=x', 'application/json']) {
    const { status, json } = await post('subject=suppressions', list, { headers: { 'content-type': type } })
    t.match({ status, json }, { status: 415, json: { detail: /expected the file itself as the body, as text\/csv/ } })
  }
  t.same(await jobs(), [])
})

t.test('an upload that breaks off leaves nothing, and its name can be used again', async t => {
  const { post, jobs } = await aServer(t, 'sqlite')
  const headers = { 'idempotency-key': randomUUID() }
  const isReceived = (): Promise<boolean> => jobs().then(all => all.some(({ state }) => state === 'receiving'))
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`email\n${'a@x.example\n'.repeat(20_000)}`)
    await eventually(isReceived, { withinMs: 60_000, everyMs: 10, what: 'the beginning of the job' })
    t.match(await post('subject=suppressions', list, { headers }), { status: 409 }, 'the name is in use')
    throw new Error('the line is cut')
  }
  await t.rejects(post('subject=suppressions', broken(), { headers }))
  await eventually(async () => (await jobs()).length === 0, { withinMs: 60_000, everyMs: 10, what: 'the sweep' })
  t.match(await post('subject=suppressions', list, { headers }), { status: 202 })
})

t.test('what a dead process was receiving is swept, and what it still receives is not', async t => {
  const { databaseUrl, jobs } = await aServer(t, 'sqlite')
  await inStore(databaseUrl, async store => {
    const cause = { actor: 'a', role: 'writer', source: 's', reason: 'r', reasonGiven: false, evidence: null } as const
    const policy = { resubscribe: 'guarded', addressChange: 'reset' } as const
    const words = { unknownColumns: 'refuse', flagMode: 'ignore', isDryRun: false } as const
    const plan = { type: 'people', name: 'x', form: 'csv', columns: [], notes: [], ...words, cause, policy } as const
    for (const [index, until] of [1_000, 9_000].entries()) {
      const lease = { holder: 'h', until }
      const job = await store.openJob(plan, { type: 'none' }, lease)
      const rows = Array.from({ length: 1_200 }, (_, row) => ({ upTo: row + 1, content: '[]' }))
      await store.addJobRows(job!.id, lease, index === 0 ? rows : rows.slice(0, 1))
    }
    await store.sweepJobs(5_000)
    await store.sweepJobs(5_000)
    t.same((await store.jobRows(1, { after: 0, limit: 1 })).length, 0)
    t.same((await store.jobRows(2, { after: 0, limit: 1 })).length, 1)
  })
  t.same(
    (await jobs()).map(({ id }) => id),
    [2],
  )
})

t.test('one export at a time, all of it as of one moment, and whoever leaves makes room', async t => {
  const { ask, post, over } = await aServer(t, 'sqlite')
  const rows = Array.from({ length: 2_000 }, (_, index) => `p${index}@x.example,${'x'.repeat(6_000)}\n`).join('')
  await over((await post('subject=suppressions', `email,evidence\n${rows}`)).headers.get('location'))
  const headers = { 'accept-encoding': 'identity' }
  const leave = new AbortController()

  const first = await ask('/v1/exports/suppressions', { headers, signal: leave.signal })
  const reader = first.body!.getReader()
  await reader.read()
  t.match(await ask('/v1/exports/people', { headers }), { status: 503 })
  leave.abort()
  await reader.read().catch(() => {})

  let whole = first
  const isLetIn = async (): Promise<boolean> => {
    whole = await ask('/v1/exports/suppressions', { headers })
    return whole.status === 200
  }
  await eventually(isLetIn, { withinMs: 60_000, everyMs: 50, what: 'the end of the export that nobody reads' })
  const pieces = whole.body!.getReader()
  let text = Buffer.from((await pieces.read()).value!).toString()
  await over((await post('subject=suppressions', 'email\nzz@x.example\n')).headers.get('location'))
  for (let next = await pieces.read(); !next.done; next = await pieces.read()) text += Buffer.from(next.value)
  t.equal(text.split('\n').length, 2_002)
  t.notMatch(text, 'zz@x.example', 'what came later is not in it')
})

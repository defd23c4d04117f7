// Hostile input over real sockets: each attack is told what was wrong with it, and the same server goes on answering
// everybody else in time and within its memory.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { withDatabase } from '../support/database.js'
import { authenticationHeader, paramsGetLead, paramsSyncLead } from '../support/legacy-client.js'
import { account, startServerChild } from '../support/server-child.js'
import { aBomb, call, drip, head, type Sending, send, sendWithoutEnd, type Told } from './hostile-callers.js'

const { url: databaseUrl } = await withDatabase(t, 'sqlite')
const server = await startServerChild(t, { databaseUrl })
const client = server.client()
const { leadId } = await client.syncLead({ email: 'ada@example.org', attributes: { Unsubscribed: '1' } })

// Far above what a call of 10 MiB takes, far below what any of the attacks would take if it got through.
const memoryGrowthMax = 400 * 1024 * 1024
const answersWithinMs = 5_000

async function memory(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1])
}

const memoryBefore = await memory()

async function isUnharmed(t: Test): Promise<void> {
  const startedAt = performance.now()
  const [lead] = await client.getLead('EMAIL', 'ada@example.org')
  t.equal(lead?.id, leadId, 'another caller is answered')
  t.ok(performance.now() - startedAt < answersWithinMs, 'in time')
  t.ok((await memory()) - memoryBefore < memoryGrowthMax, 'and the memory is bounded')
  t.same(server.errors(), [], 'nothing is a defect')
}

/** Slow ones take as long as the limits of the server; they run beside all others. */
const slowHeaders = drip(server.url, `POST /soap/mktows/3_1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: `)
const slowBody = drip(server.url, head('Content-Length: 100000'))
const slowChunks = drip(server.url, head('Transfer-Encoding: chunked'), '1\r\nx\r\n')

interface Attack {
  readonly title: string
  readonly body: () => string | Uint8Array
  readonly sending?: Sending
  readonly code: string
  readonly says: RegExp
}

const sync = (record: string, rest = ''): string =>
  call(`<ns1:paramsSyncLead><leadRecord>${record}</leadRecord>${rest}</ns1:paramsSyncLead>`)
const attributes = (list: string): string => `<leadAttributeList>${list}</leadAttributeList>`
const attribute = (name: string, value: string): string =>
  `<attribute><attrName>${name}</attrName><attrValue>${value}</attrValue></attribute>`
const withDoctype = (doctype: string): string =>
  call(paramsGetLead('EMAIL', 'WHO')).replace('?>\n', `?>\n${doctype}\n`).replace('WHO', '&x;')
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const ofUtf8 = { headers: { 'Content-Type': 'text/xml; charset=utf-8' } }

function laughs(): string {
  const entities = Array.from({ length: 10 }, (_, i) => `<!ENTITY x${i + 1} "${`&x${i};`.repeat(10)}">`)
  return `<!DOCTYPE x [<!ENTITY x0 "ha">${entities.join('')}<!ENTITY x "&x9;">]>`
}

const attacks: readonly Attack[] = [
  { title: 'an entity bomb', body: () => withDoctype(laughs()), code: '20012', says: /DOCTYPE/ },
  {
    title: 'a quadratic entity bomb',
    body: () => withDoctype(`<!DOCTYPE x [<!ENTITY x "${'a'.repeat(100_000)}">]>`).replace('&x;', '&x;'.repeat(10_000)),
    code: '20012',
    says: /DOCTYPE/,
  },
  {
    title: 'an entity that nobody declared',
    body: () => call(paramsGetLead('EMAIL', 'WHO')).replace('WHO', '&x;'),
    code: '20012',
    says: /not well-formed/,
  },
  {
    title: 'elements nested 10,000 deep',
    body: () => sync(`${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`),
    code: '20012',
    says: /deep|depth|nested/i,
  },
  {
    title: 'start tags without end',
    body: () => sync('<a>'.repeat(3_000_000)),
    code: '20012',
    says: /deep|depth|nested/i,
  },
  {
    title: '1 GiB packed into 1 MiB',
    body: aBomb,
    sending: { headers: { 'Content-Encoding': 'gzip' } },
    code: '20012',
    says: /more than 10485760 bytes after inflating/,
  },
  {
    title: 'what says gzip and is not',
    body: () => sync(''),
    sending: { headers: { 'Content-Encoding': 'gzip' } },
    code: '20012',
    says: /not what its Content-Encoding says/,
  },
  {
    title: 'more than 10 MiB',
    body: () => Buffer.alloc(12 * 1024 * 1024, ' '),
    code: '20012',
    says: /more than 10485760 bytes/,
  },
  {
    title: 'more than 10 MiB from a client that closes its connection',
    body: () => Buffer.alloc(12 * 1024 * 1024, ' '),
    sending: { headers: { Connection: 'close' } },
    code: '20012',
    says: /more than 10485760 bytes/,
  },
  {
    title: '100,000 attributes on one element',
    body: () => sync(`<x ${Array.from({ length: 100_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`),
    code: '20012',
    says: /attributes/,
  },
  {
    title: '100,000 unknown fields',
    body: () => sync(`<Email>x@example.org</Email>${attributes(attribute('Pants', '').repeat(100_000))}`),
    code: '20105',
    says: /unknown fields for import: Pants \(20105\)/,
  },
  {
    title: 'invalid UTF-8',
    body: () => latin1(call(paramsGetLead('EMAIL', 'gr\xfc\xdfe@example.org'))),
    code: '20018',
    says: /UTF-8/,
  },
  {
    title: 'UTF-8 in more bytes than it takes',
    body: () => latin1(call(paramsGetLead('EMAIL', '\xc0\xaf'))),
    code: '20018',
    says: /UTF-8/,
  },
  { title: 'a NUL byte', body: () => call(paramsGetLead('EMAIL', 'a\0b')), code: '20012', says: /not well-formed/ },
  {
    title: 'a NUL by reference',
    body: () => call(paramsGetLead('EMAIL', 'WHO')).replace('WHO', '&#0;'),
    code: '20012',
    says: /not well-formed/,
  },
  { title: 'only NUL bytes', body: () => Buffer.alloc(1_000_000), code: '20012', says: /not well-formed/ },
  {
    title: 'a declaration of another charset than the bytes have',
    body: () => latin1(call(paramsGetLead('EMAIL', 'gr\xfc\xdfe')).replace('encoding="UTF-8"', 'encoding="UTF-16"')),
    sending: ofUtf8,
    code: '20018',
    says: /UTF-8/,
  },
  {
    title: 'half UTF-8 and half UTF-16',
    body: () => Buffer.concat([Buffer.from(call('')), Buffer.from(call(''), 'utf16le')]),
    sending: ofUtf8,
    code: '20012',
    says: /not well-formed/,
  },
  {
    title: 'a charset that there is not',
    body: () => call(''),
    sending: { headers: { 'Content-Type': 'text/xml; charset=klingon' } },
    code: '20018',
    says: /klingon/,
  },
  {
    title: 'two Bodies',
    body: () => call(paramsGetLead('EMAIL', 'x')).replace('</soap:Body>', '</soap:Body><soap:Body/>'),
    code: '20012',
    says: /expected one Body/,
  },
  {
    title: 'two calls in one Body',
    body: () => call(paramsGetLead('EMAIL', 'x').repeat(2)),
    code: '20012',
    says: /as a second one/,
  },
  {
    title: 'two Headers',
    body: () => call(paramsGetLead('EMAIL', 'x')).replace('</soap:Header>', '</soap:Header><soap:Header/>'),
    code: '20012',
    says: /at most one Header/,
  },
  {
    title: 'a signature of nobody behind a right one does not count, nor does a right one behind it',
    body: () => {
      const forged = authenticationHeader({ user: account.user, key: 'guessed' })
      return call(paramsGetLead('EMAIL', 'ada@example.org'), forged + authenticationHeader(account))
    },
    code: '20014',
    says: /Authentication failed/,
  },
  {
    title: 'a user id of a megabyte',
    body: () => call(paramsGetLead('EMAIL', 'x'), authenticationHeader({ user: 'u'.repeat(1_000_000), key: 'k' })),
    code: '20014',
    says: /Authentication failed/,
  },
  ...['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2024-02-29T00:00:00+14:00'].map(
    (timestamp): Attack => ({
      title: `a call that was signed in ${timestamp.slice(0, 4)}`,
      body: () => call(paramsGetLead('EMAIL', 'ada@example.org'), authenticationHeader(account, timestamp)),
      code: '20016',
      says: /sign anew/,
    }),
  ),
  {
    title: 'a timestamp that is no time',
    body: () => call(paramsGetLead('EMAIL', 'ada@example.org'), authenticationHeader(account, 'soon')),
    code: '20017',
    says: /got 'soon'/,
  },
  ...['12abc', '-1', '99999999999', '0x10', '1e3', `${'9'.repeat(100_000)}`].map(
    (id): Attack => ({
      title: `a key with the id ${id.slice(0, 20)}`,
      body: () => call(paramsGetLead('IDNUM', id)),
      code: '20103',
      says: /No lead found with IDNUM = /,
    }),
  ),
  ...['12abc', '99999999999'].map(
    (id): Attack => ({
      title: `a record with the id ${id}`,
      body: () => sync(`<Id>${id}</Id><Email>x@example.org</Email>`),
      code: '20110',
      says: new RegExp(`Id: expected a whole number .*got '${id}'`),
    }),
  ),
  {
    title: 'a value of 100,000 characters',
    body: () => sync(`<Email>x@example.org</Email>${attributes(attribute('City', 'a'.repeat(100_000)))}`),
    code: '20110',
    says: /City: expected at most 65535 characters, got 100000/,
  },
  {
    title: 'values of megabytes in all',
    body: () => sync(`<Email>x@example.org</Email>${attributes(attribute('City', 'a'.repeat(60_000)).repeat(100))}`),
    code: '20110',
    says: /at most 1000000 characters in all values/,
  },
  {
    title: 'an address of 100,000 characters',
    body: () => sync(`<Email>${'a'.repeat(100_000)}@example.org</Email>`),
    code: '20110',
    says: /Email: /,
  },
  {
    title: 'a field name of 100,000 characters',
    body: () => sync(`<Email>x@example.org</Email>${attributes(attribute('N'.repeat(100_000), '1'))}`),
    code: '20105',
    says: /unknown fields for import: N{320}\.\.\./,
  },
  {
    title: 'a foreign id and a cookie of 100,000 characters',
    body: () =>
      sync(
        `<ForeignSysPersonId>${'F'.repeat(100_000)}</ForeignSysPersonId>`,
        `<marketoCookie>${'C'.repeat(100_000)}</marketoCookie>`,
      ),
    code: '20110',
    says: /ForeignSysPersonId: expected at most 255 .*marketoCookie|marketoCookie.*ForeignSysPersonId/s,
  },
  {
    title: '10,001 records in one call',
    body: () => syncMultiple(10_001),
    code: '20110',
    says: /expected at most 10000 records, got 10001/,
  },
]

function syncMultiple(count: number): string {
  const records = Array.from({ length: count }, (_, i) => `<leadRecord><Email>p${i}@example.org</Email></leadRecord>`)
  const list = `<leadRecordList>${records.join('')}</leadRecordList>`
  return call(`<ns1:paramsSyncMultipleLeads>${list}</ns1:paramsSyncMultipleLeads>`)
}

for (const { title, body, sending, code, says } of attacks) {
  t.test(`${title}: fault ${code}, and an unharmed server`, async t => {
    const answer = await send(server.url, body(), sending)

    t.equal(answer.status, 500)
    t.equal(answer.code, code)
    t.match(answer.text, says)
    t.ok(answer.text.length < 20_000, 'the fault does not give everything back')
    await isUnharmed(t)
  })
}

t.test('an external entity is not fetched', async t => {
  let visits = 0
  const outside = createServer((_, response) => {
    visits++
    response.end('secret')
  }).listen(0, '127.0.0.1')
  await once(outside, 'listening')
  t.teardown(() => outside.close())
  const { port } = outside.address() as AddressInfo

  for (const doctype of [
    `<!DOCTYPE x [<!ENTITY x SYSTEM "http://127.0.0.1:${port}/">]>`,
    `<!DOCTYPE x SYSTEM "http://127.0.0.1:${port}/x.dtd">`,
    '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
  ]) {
    const answer = await send(server.url, withDoctype(doctype))
    t.equal(answer.code, '20012')
    t.notMatch(answer.text, /root:|secret/)
  }
  t.equal(visits, 0)
  await isUnharmed(t)
})

t.test('a body that never ends is cut off with a fault', async t => {
  const answer = await sendWithoutEnd(server.url)

  t.match(answer, { status: 500, code: '20012', text: /more than 10485760 bytes/ })
  await isUnharmed(t)
})

t.test('a hundred bombs at the same time do not add up', async t => {
  const bomb = aBomb()
  const answers: Told[] = []
  for (let round = 0; round < 5; round++) {
    const sent = Array.from({ length: 20 }, () => send(server.url, bomb, { headers: { 'Content-Encoding': 'gzip' } }))
    answers.push(...(await Promise.all(sent)))
  }

  t.ok(answers.every(({ code }) => code === '20012'))
  await isUnharmed(t)
})

t.test('10,000 records in one call are saved, and others are answered meanwhile', async t => {
  const saving = send(server.url, syncMultiple(10_000))
  await isUnharmed(t)

  const { status, text } = await saving

  t.equal(status, 200)
  t.equal(text.match(/<status>CREATED<\/status>/g)?.length, 10_000)
  await isUnharmed(t)
})

t.test('100,000 attributes of one field are one value: the last', async t => {
  const many = Array.from({ length: 100_000 }, (_, i) => attribute('City', String(i))).join('')

  const { status } = await send(server.url, sync(`<Email>city@example.org</Email>${attributes(many)}`))

  t.equal(status, 200)
  t.match(await client.getLead('EMAIL', 'city@example.org'), [{ attributes: { City: '99999' } }])
  await isUnharmed(t)
})

t.test('one signed header serves for many calls, as old clients use it: it does not cover the body', async t => {
  // The contract signs the user and the time only, and clients sign once for a whole job (legacy-soap-contract 2). To
  // refuse the second body would break them; the window of the timestamp and TLS are what protects.
  const header = authenticationHeader(account)

  for (const email of ['one@example.org', 'two@example.org']) {
    const { status } = await send(server.url, call(paramsSyncLead({ email }), header))
    t.equal(status, 200)
  }
  t.equal((await client.getLead('EMAIL', 'two@example.org')).length, 1)
})

t.test('headers that trickle in are not waited for', async t => {
  const answer = await slowHeaders

  t.equal(answer?.status, 408)
  await isUnharmed(t)
})

t.test('a body that trickles in is answered with a fault after its time', async t => {
  for (const answer of await Promise.all([slowBody, slowChunks])) {
    t.match(answer, { status: 500, code: '20011', text: /did not arrive within/ })
  }
  await isUnharmed(t)
})

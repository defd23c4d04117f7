// Who guesses keys waits, and longer each time; who has the right one does not, whatever others do in its name.
import t from 'tap'
import { FailedAttempts } from '../../src/service/access/failed-attempts.js'
import { eventually } from '../support/eventually.js'
import { startJsonFace } from '../support/json-face.js'
import { aMessage, aSoapFace, users } from '../support/soap-face.js'

const minuteMs = 60_000

function aGuard() {
  let now = 0
  const waits: { readonly ms: number; readonly end: () => void }[] = []
  const guard = new FailedAttempts({
    now: () => now,
    wait: ms => new Promise<void>(resolve => waits.push({ ms, end: resolve })),
  })
  return {
    guard,
    waits,
    pass: (ms: number) => {
      now += ms
    },
    /** One failure, and how long its answer is kept back. */
    async fail(place: string, claim: string): Promise<number> {
      const before = waits.length
      const told = guard.failed({ place, claim })
      const wait = waits[before]
      wait?.end()
      await told
      return wait?.ms ?? 0
    },
  }
}

async function delays(fail: (index: number) => Promise<number>, count: number): Promise<number[]> {
  const found: number[] = []
  for (let index = 0; index < count; index++) found.push(await fail(index))
  return found
}

t.test('the first few failures are answered at once, then each waits longer, up to a bound', async t => {
  const { fail } = aGuard()

  const found = await delays(() => fail('192.0.2.1', 'crm'), 14)

  t.same(found, [0, 0, 0, 0, 0, 100, 200, 400, 800, 1600, 3000, 3000, 3000, 3000])
})

t.test('they count by place whoever they claim to be, and by claim wherever they come from', async t => {
  const spread = aGuard()
  t.ok((await delays(index => spread.fail('192.0.2.1', `user-${index}`), 8)).at(-1)! > 0)

  const distributed = aGuard()
  t.ok((await delays(index => distributed.fail(`192.0.2.${index}`, 'crm'), 8)).at(-1)! > 0)
  t.equal(await distributed.fail('198.51.100.1', 'erp'), 0, 'others are not concerned')
})

t.test('what was counted is forgotten by half each minute', async t => {
  const { fail, pass } = aGuard()
  await delays(() => fail('192.0.2.1', 'crm'), 8)

  pass(5 * minuteMs)

  t.equal(await fail('192.0.2.1', 'crm'), 0)
})

t.test('while too many answers are kept back, nobody unknown is looked at, from there or in that name', async t => {
  const { guard, waits } = aGuard()
  const told: Promise<void>[] = []
  while (waits.length < 32) told.push(guard.failed({ place: '192.0.2.1', claim: `guess-${told.length}` }))

  t.notOk(guard.admits({ place: '192.0.2.1', claim: 'anybody' }))
  t.ok(guard.admits({ place: '192.0.2.2', claim: 'anybody' }))

  for (const wait of waits) wait.end()
  await Promise.all(told)
  t.ok(guard.admits({ place: '192.0.2.1', claim: 'anybody' }), 'when they are told, it goes on')
})

t.test(
  'on the SOAP face they are told a code that clients wait for; the right signature from elsewhere is served',
  async t => {
    const { guard, waits } = aGuard()
    const face = await aSoapFace({ failedAttempts: guard })
    const ping = aMessage('<ns1:paramsListMObjects/>')
    const guess = ping.replace(/<requestSignature>.{8}/, '<requestSignature>00000000')
    t.equal((await face.send(ping)).fault, null, 'it proves itself')
    for (let failure = 0; failure < 5; failure++) t.match((await face.send(guess)).fault, { code: '20014' })

    const kept = Array.from({ length: 32 }, () => face.send(guess))
    await eventually(() => waits.length === 32, { withinMs: 10_000, what: '32 answers that are kept back' })
    const other = ping.replace(users.writer.id, 'somebody else')
    t.match((await face.send(other)).fault, { code: '20023' }, 'nobody new is looked at')
    t.equal((await face.send(ping)).fault, null, 'who proved itself goes on')

    for (const wait of waits) wait.end()
    for (const { fault } of await Promise.all(kept)) t.match(fault, { code: '20014' })
  },
)

t.test('on the JSON face they are told when to come back, and a missing key is no guess', async t => {
  const { guard, waits } = aGuard()
  const face = await startJsonFace(t, { failedAttempts: guard })
  const guess = () => face.ask('GET', '/v1/people/1', { as: null, headers: { Authorization: 'Bearer duk_guess' } })
  t.equal((await face.ask('GET', '/v1/people/1', { as: 'reader' })).status, 404, 'it proves itself')
  for (let failure = 0; failure < 5; failure++) t.equal((await guess()).status, 401)

  const kept = Array.from({ length: 32 }, guess)
  await eventually(() => waits.length === 32, { withinMs: 10_000, what: '32 answers that are kept back' })
  const { status, headers, json } = await guess()
  t.equal(status, 429)
  t.match(headers.get('retry-after'), /^\d+$/)
  t.match(json, { type: 'urn:durable-unsubscribe:problem:too-many-failures' })
  t.equal((await face.ask('GET', '/v1/people/1', { as: 'reader' })).status, 404, 'who proved itself goes on')
  t.equal((await face.ask('GET', '/v1/people/1', { as: null })).status, 401, 'nobody guesses without a key')

  for (const wait of waits) wait.end()
  for (const { status } of await Promise.all(kept)) t.equal(status, 401)
})

t.test('who has proved itself from a place is let through there, for an hour', async t => {
  const { guard, waits, pass } = aGuard()
  guard.succeeded({ place: '192.0.2.1', claim: 'crm' })
  let count = 0
  while (waits.length < 64) void guard.failed({ place: `198.51.100.${count++}`, claim: 'crm' })

  t.ok(guard.admits({ place: '192.0.2.1', claim: 'crm' }))
  t.notOk(guard.admits({ place: '192.0.2.9', claim: 'crm' }), 'from elsewhere it waits with the others')

  pass(61 * minuteMs)
  t.notOk(guard.admits({ place: '192.0.2.1', claim: 'crm' }))
})

t.test('names that strangers make up take bounded memory', async t => {
  const { guard, fail } = aGuard()
  await delays(() => fail('192.0.2.1', 'crm'), 8)

  for (let index = 0; index < 10_000; index++) {
    await guard.failed({ place: `place-${index}`, claim: `claim-${index}` })
    guard.succeeded({ place: `place-${index}`, claim: `claim-${index}` })
  }

  t.equal(await fail('192.0.2.1', 'crm'), 0, 'the oldest was forgotten to make room')
})

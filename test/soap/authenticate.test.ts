// Signatures and the window around them. The fixed example was computed with OpenSSL, not with this program.
import t from 'tap'
import { type AuthenticateOptions, authenticate, signatureOf } from '../../src/soap/authenticate.js'

const userId = 'MKTOWS_000-AAA-111_1'
const encryptionKey = '9A8B7C6D5E4F3A2B1C0D9E8F7A6B5C4D'
const hour = 3600 * 1000
const now = Date.parse('2026-11-20T12:00:00Z')

const options: AuthenticateOptions = {
  credentials: {
    soapUser: async id => (id === userId ? { id, role: 'writer', encryptionKey } : undefined),
  },
  signatureWindowMs: 24 * hour,
  now: () => now,
}

function signed(timestamp: string, { user = userId, key = encryptionKey } = {}) {
  return {
    mktowsUserId: user,
    requestTimestamp: timestamp,
    requestSignature: signatureOf(timestamp, user, key),
  }
}

t.test('the signature is HMAC-SHA1 over timestamp and user id, with the key as text', async t => {
  t.equal(signatureOf('2026-11-20T04:00:00-08:00', userId, encryptionKey), '394bded31aa27288344c5d13f8712557a03fa514')
})

t.test('a signed header is accepted and says who calls', async t => {
  t.same(await authenticate(signed('2026-11-20T04:00:00-08:00'), options), {
    type: 'caller',
    caller: { id: userId, role: 'writer' },
  })
})

t.test('habit 11: the timestamp is signed as it was sent, in whatever form', async t => {
  for (const timestamp of [
    '2026-11-20 04:00:00 -0800',
    '2026-11-20 12:00:00 UTC',
    '2026-11-20T12:00:00.560000',
    '2026-11-20T12:00:00Z',
  ]) {
    t.equal((await authenticate(signed(timestamp), options)).type, 'caller', timestamp)
  }
})

t.test('habit 11: one signed header serves many calls', async t => {
  const header = signed('2026-11-20T12:00:00Z')

  for (let call = 0; call < 3; call++) t.equal((await authenticate(header, options)).type, 'caller')
})

t.test('habit 17: upper-case hex is the same signature', async t => {
  const header = signed('2026-11-20T12:00:00Z')
  const shouted = { ...header, requestSignature: header.requestSignature.toUpperCase() }

  t.equal((await authenticate(shouted, options)).type, 'caller')
})

t.test('a wrong signature and an unknown user get the same answer', async t => {
  const header = signed('2026-11-20T12:00:00Z')
  const wrong = [
    { ...header, requestSignature: '0'.repeat(40) },
    { ...header, requestSignature: 'x'.repeat(40) },
    { ...header, requestSignature: header.requestSignature.slice(0, 39) },
    { ...header, requestSignature: `${header.requestSignature}00` },
    { ...header, requestTimestamp: '2026-11-20T12:00:01Z' },
    { ...header, requestTimestamp: '2026-11-20T12:00:00z' },
    { ...header, mktowsUserId: userId.toLowerCase() },
    signed('2026-11-20T12:00:00Z', { key: encryptionKey.toLowerCase() }),
    signed('2026-11-20T12:00:00Z', { user: 'nobody' }),
    signed('2026-11-20T12:00:00Z', { user: 'nobody', key: 'no user has this key' }),
    signed('2026-11-20T12:00:00Z', { user: 'u'.repeat(1_000_000) }),
  ]

  for (const header of wrong) t.equal((await authenticate(header, options)).type, 'refused')
})

t.test('a user id of absurd length is never looked up', async t => {
  const asked: string[] = []
  const credentials = {
    soapUser: async (id: string) => {
      asked.push(id)
      return undefined
    },
  }

  await authenticate(signed('2026-11-20T12:00:00Z', { user: 'u'.repeat(256) }), { ...options, credentials })

  t.same(asked, [])
})

t.test('what is missing is named', async t => {
  const header = signed('2026-11-20T12:00:00Z')
  const all = ['mktowsUserId', 'requestSignature', 'requestTimestamp']

  t.same(await authenticate(undefined, options), { type: 'unsigned', missing: all })
  t.same(await authenticate(null, options), { type: 'unsigned', missing: all })
  t.same(await authenticate({}, options), { type: 'unsigned', missing: all })
  for (const name of all) {
    for (const nothing of [undefined, null, '', '  ']) {
      t.same(await authenticate({ ...header, [name]: nothing }, options), { type: 'unsigned', missing: [name] })
    }
  }
})

t.test('the window is open to both sides, up to its edge', async t => {
  const verdict = async (timestamp: string) => (await authenticate(signed(timestamp), options)).type

  t.equal(await verdict('2026-11-19T12:00:00Z'), 'caller')
  t.equal(await verdict('2026-11-21T12:00:00Z'), 'caller')
  t.equal(await verdict('2026-11-19T11:59:59Z'), 'expired')
  t.equal(await verdict('2026-11-21T12:00:01Z'), 'expired')
})

t.test('the window is what the operator says', async t => {
  const narrow = { ...options, signatureWindowMs: 5 * 60_000 }

  t.equal((await authenticate(signed('2026-11-20T11:55:00Z'), narrow)).type, 'caller')
  t.equal((await authenticate(signed('2026-11-20T11:54:59Z'), narrow)).type, 'expired')
})

t.test('only who has signed is told that the time is unreadable or past', async t => {
  t.same(await authenticate(signed('yesterday'), options), { type: 'timeless', timestamp: 'yesterday' })
  for (const timestamp of ['yesterday', '2001-01-01T00:00:00Z']) {
    t.equal((await authenticate(signed(timestamp, { key: 'guessed' }), options)).type, 'refused')
  }
})

t.test('while a key is rotated, signatures with either one count', async t => {
  const previousKey = 'the key before'
  const soapUser = async () => ({ id: userId, role: 'writer' as const, encryptionKey, previousKey })
  const typeWith = async (key: string) =>
    (await authenticate(signed('2026-11-20T12:00:00Z', { key }), { ...options, credentials: { soapUser } })).type

  t.equal(await typeWith(encryptionKey), 'caller')
  t.equal(await typeWith(previousKey), 'caller')
  t.equal(await typeWith('another key'), 'refused')
})

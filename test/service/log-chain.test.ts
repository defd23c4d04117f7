// The hash chain: its form is pinned here, so that whoever checks a log with a few lines of their own stays right.
import { createHash, createHmac } from 'node:crypto'
import t from 'tap'
import { addressHasher, entryHash, genesisHash, sha256 } from '../../src/service/log/log-chain.js'
import { aDelete, aKey, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { aGroupCommit, personIdOf } from '../support/group-commits.js'
import { createMemoryStore } from '../support/memory-store.js'

const facts = {
  seq: 7,
  commandId: '00112233445566778899aabbccddeeff',
  at: 1_772_366_400_000,
  kind: 'set-subscription',
  actor: 'J\u00F6rg "crm"',
  source: 'SOAP API',
  addressHash: 'a'.repeat(64),
  personId: null,
  detailHash: 'b'.repeat(64),
  previousHash: 'c'.repeat(64),
} as const

t.test('an entry is hashed in the documented form', async t => {
  const canonical =
    '["durable-unsubscribe/1",7,"00112233445566778899aabbccddeeff",1772366400000,"set-subscription",' +
    `"J\u00F6rg \\"crm\\"","SOAP API","${'a'.repeat(64)}",null,"${'b'.repeat(64)}","${'c'.repeat(64)}"]`

  t.equal(entryHash(facts), createHash('sha256').update(canonical, 'utf8').digest('hex'))
  t.equal(entryHash(facts), '3a42e369f5cf1af8da70fe6d2b3d0b999565f1157079ca463bda023a8b909441')
})

t.test('a change of any fact changes the hash', async t => {
  const changes = [
    { seq: 8 },
    { commandId: 'f'.repeat(32) },
    { at: facts.at + 1 },
    { kind: 'delete-person' as const },
    { actor: 'crm' },
    { source: 'JSON API' },
    { addressHash: null },
    { personId: 7 },
    { detailHash: 'd'.repeat(64) },
    { previousHash: genesisHash },
  ]
  const hashes = new Set(changes.map(change => entryHash({ ...facts, ...change })))

  t.equal(hashes.size, changes.length)
  t.notOk(hashes.has(entryHash(facts)))
})

t.test('an address is in the chain as a keyed hash, never as itself nor as a hash that could be guessed', async t => {
  const hash = addressHasher(Buffer.from('secret'))(aKey())

  t.equal(hash, createHmac('sha256', 'secret').update('ada@example.org').digest('hex'))
  t.not(hash, sha256(aKey()))
  t.not(hash, addressHasher(Buffer.from('another secret'))(aKey()))
})

t.test('each entry names the one before it, from the beginning of the log to its head', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store, { batchMax: 2 })
  const id = personIdOf(await writes.submit(aSubmission({ command: aSave({ address: 'ada@example.org' }) })))
  const rest = [aSubscription('unsubscribed'), aSave({ id, fields: { City: 'K\u00F6ln' } }), aDelete(id)]
  await writes.submitAll(rest.map(command => aSubmission({ command })))

  const log = await store.log({ after: 0, limit: 100 })
  let previous = genesisHash
  for (const { hash, detail, ...entry } of log) {
    t.equal(entry.previousHash, previous)
    t.equal(entry.detailHash, createHash('sha256').update(detail!, 'utf8').digest('hex'))
    t.equal(hash, entryHash(entry))
    previous = hash
  }
  t.equal(log.length, 4)
  t.strictSame(await store.head(), { seq: 4, hash: previous, activityId: 4 })
})

t.test('an entry about a deleted person still says which address it was about', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  const id = personIdOf(await writes.submit(aSubmission({ command: aSave({ address: 'ada@example.org' }) })))

  await writes.submit(aSubmission({ command: aDelete(id) }))

  const [made, deleted] = await store.log({ after: 0, limit: 2 })
  t.equal(deleted?.addressHash, made?.addressHash)
  t.match(deleted, { kind: 'delete-person', personId: id })
  t.notMatch(JSON.stringify({ ...deleted, detail: null }), /ada@/)
})

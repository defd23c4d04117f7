// What names a person, a foreign id or a cookie, goes to another one while a batch of another process waits for the
// address: the batch means whoever has it by then. Both wait for one lock, so which of them is first is known.
import { setTimeout as delay } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import type { PersonId } from '../../src/domain/person.js'
import type { Answer } from '../../src/service/writes/submission.js'
import { openStore } from '../../src/store/store.js'
import { aForeignId, aSave, aSubmission, type SaveTraits } from '../support/builders.js'
import { onEachEngine } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { aGroupCommit, personIdOf } from '../support/group-commits.js'

t.setTimeout(300_000)

const saving = (traits: SaveTraits) => aSubmission({ command: aSave(traits) })
const merging = (winner: PersonId, loser: PersonId) =>
  aSubmission({ command: { type: 'merge-people', winner, losers: [loser] } })

onEachEngine(t, 'who was merged while a save waits passes the save on to the winner', async (t, { engine, url }) => {
  const { early, late, store } = await twoProcesses(t, url)
  const winner = personIdOf(await early.submit(saving({ address: 'winner@example.org' })))
  const loser = personIdOf(await early.submit(saving({ address: 'loser@example.org', foreignId: aForeignId() })))

  const answers = await oneBehindTheOther(t, engine, url, 'loser@example.org', [
    () => early.submit(merging(winner, loser)),
    () => late.submit(saving({ foreignId: aForeignId(), fields: { Company: 'late' } })),
  ])

  t.equal(personIdOf(answers[1]), winner)
  t.match(await store.peopleByForeignId(aForeignId()), [{ person: { id: winner, fields: { Company: 'late' } } }])
})

onEachEngine(
  t,
  'what is given to somebody who is about to be merged goes to the winner',
  async (t, { engine, url }) => {
    const { early, late, store } = await twoProcesses(t, url)
    const winner = personIdOf(await early.submit(saving({ address: 'winner@example.org' })))
    const loser = personIdOf(await early.submit(saving({ address: 'loser@example.org' })))

    await oneBehindTheOther(t, engine, url, 'loser@example.org', [
      () => early.submit(saving({ id: loser, foreignId: aForeignId() })),
      () => late.submit(merging(winner, loser)),
    ])

    t.match(await store.peopleByForeignId(aForeignId()), [{ person: { id: winner } }])
  },
)

async function twoProcesses(t: Test, url: string) {
  const [store, another] = [openStore(url), openStore(url)]
  t.teardown(() => Promise.all([store.close(), another.close()]))
  await store.migrate()
  return { early: aGroupCommit(store).writes, late: aGroupCommit(another).writes, store }
}

/** Both begin while somebody else holds the address, and get it in this order. */
async function oneBehindTheOther(
  t: Test,
  engine: string,
  url: string,
  address: string,
  calls: readonly [() => Promise<Answer>, () => Promise<Answer>],
): Promise<Answer[]> {
  // There one batch at a time begins at all.
  if (engine === 'sqlite') return [await calls[0](), await calls[1]()]
  const [holder, watch] = [await createConnection(url), await createConnection(url)]
  t.teardown(() => [holder, watch].forEach(connection => void connection.destroy()))
  await holder.query('BEGIN')
  await holder.query('select 1 from email_status where address_key = ? for update', [address])
  const [database] = new URL(url).pathname.split('/').slice(1)
  const waiting = async (): Promise<number> => {
    // InnoDB shows this table from a copy, which it makes anew only when nobody has read it for a tenth of a second.
    await delay(150)
    const [rows] = await watch.query(
      `select 1 from information_schema.innodb_trx join information_schema.processlist on id = trx_mysql_thread_id
       where trx_state = 'LOCK WAIT' and db = ?`,
      [database],
    )
    return (rows as unknown[]).length
  }
  const within = { withinMs: 60_000, what: 'a batch that waits for the address' }
  const first = calls[0]()
  await eventually(async () => (await waiting()) === 1, within)
  const second = calls[1]()
  await eventually(async () => (await waiting()) === 2, within)
  await holder.query('ROLLBACK')
  return Promise.all([first, second])
}

// Two batches on two nodes of a cluster, of which one has read when the other's writes arrive. Locks hold on one node
// only, so each race changes something that the late batch has read, and that its locked rows say nothing of.
// It knows the write path and the nodes' addresses; it must not know how the cluster is started.
import { createConnection } from 'mysql2/promise'
import type { Test } from 'tap'
import type { PersonId } from '../../src/domain/person.js'
import {
  type BatchTransaction,
  type CommandStore,
  type PersonView,
  peopleToldAtOnceMax,
} from '../../src/service/ports.js'
import type { GroupCommit } from '../../src/service/writes/group-commit.js'
import type { Submission } from '../../src/service/writes/submission.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aForeignId, aKey, aSave, aSubmission, aSubscription, type SaveTraits } from '../support/builders.js'
import { aGroupCommit, personIdOf } from '../support/group-commits.js'
import { isVerified, readActivities } from '../support/store-inspection.js'

interface Rivals {
  /** Writes to one node. */
  readonly early: GroupCommit
  /** Writes to another one: its first batch has read when `arrival` begins, and goes on once its node has that. */
  late(arrival: () => Promise<unknown>): GroupCommit
  readonly store: Store
  readonly databaseUrl: string
}

/** What arrives in between. No two races have an address in common. */
const races: Readonly<Record<string, (t: Test, rivals: Rivals) => Promise<void>>> = {
  'one person leaves the address and another one moves there': async (t, { early, late, store }) => {
    const [x, y, z] = ['left@example.org', 'from@example.org', 'to@example.org']
    const leaving = await savedBy(early, { address: x })
    const coming = await savedBy(early, { address: y })

    const writes = late(() =>
      early.submitAll([saving({ id: leaving, address: z }), saving({ id: coming, address: x })]),
    )
    const found = await savedBy(writes, { address: x, fields: { Company: 'late' } })

    t.equal(found, coming, 'who has the address by then is meant')
    t.match((await personAt(store, leaving))?.person, { address: { key: z }, fields: {} })
    t.match((await personAt(store, coming))?.person, { address: { key: x }, fields: { Company: 'late' } })
  },

  'another field of the person changes': async (t, { early, late, store }) => {
    const address = 'changed@example.org'
    const id = await savedBy(early, { address })

    const writes = late(() => savedBy(early, { address, fields: { Company: 'early' } }))
    await savedBy(writes, { address, fields: { Department: 'late' } })

    t.same((await personAt(store, id))?.person.fields, { Company: 'early', Department: 'late' })
  },

  'the cookie that is named gets another owner': async (t, { early, late, store }) => {
    const cookie = 'id:1&token:a'
    const before = await savedBy(early, { address: 'before@example.org', cookie })
    const after = await savedBy(early, { address: 'after@example.org' })

    const writes = late(() => savedBy(early, { id: after, cookie, moveCookie: true }))
    const found = await savedBy(writes, { cookie, fields: { Company: 'late' } })

    t.equal(found, after)
    t.same((await personAt(store, before))?.person.fields, {})
  },

  'the same chunk of a long history is told': async (t, { early, late, databaseUrl }) => {
    const address = 'crowd@example.org'
    const crowd = Array.from({ length: peopleToldAtOnceMax + 1 }, (_, index) =>
      saving({ foreignId: aForeignId(`crowd-${index}`), address }),
    )
    await early.submitAll(crowd)
    await early.submit(aSubmission({ command: aSubscription('unsubscribed', address) }))
    const chunk = aSubmission({ command: { type: 'continue-fan-out', key: aKey(address), version: 1 } })

    await late(() => early.submit(chunk)).submit(chunk)

    const told = (await readActivities(databaseUrl)).filter(({ statusVersion }) => statusVersion === 1)
    t.equal(told.length, crowd.length, 'everybody is told once')
  },
}

/** Runs all races in a database of their own, and verifies it on the node that nobody wrote to. */
export async function raceOnNodes(t: Test, urlOf: (database: string, node: 1 | 2 | 3) => string): Promise<void> {
  const database = 'races'
  const connection = await createConnection(urlOf('', 1).replace(/\/$/, ''))
  await connection.query(`create database ${database}`)
  await connection.end()
  const store = openStore(urlOf(database, 1))
  const lateStore = openStore(urlOf(database, 2))
  t.teardown(() => Promise.all([store.close(), lateStore.close()]))
  await store.migrate()
  const late: Rivals['late'] = arrival => {
    const arrived = async (): Promise<void> => {
      await arrival()
      // A read there waits until the node has all that was committed anywhere.
      await lateStore.head()
    }
    return aGroupCommit(interrupted(lateStore, arrived)).writes
  }
  for (const [arrival, race] of Object.entries(races)) {
    const { writes: early } = aGroupCommit(store)
    await t.test(arrival, t => race(t, { early, late, store, databaseUrl: urlOf(database, 1) }))
  }
  await isVerified(t, urlOf(database, 3), 'the node that nobody wrote to')
}

/** The same store, whose first batch stands still when it has read, and takes the head only after that if it may. */
function interrupted(store: CommandStore, whileItStands: () => Promise<void>): CommandStore {
  let isFirst = true
  return {
    ...store,
    transact: (work, batch) =>
      store.transact(transaction => {
        const open: BatchTransaction['open'] = async (replayKeys, wanted, locksHead) => {
          const opened = await transaction.open(replayKeys, wanted, false)
          if (isFirst) await whileItStands()
          isFirst = false
          return locksHead ? { ...opened, head: await transaction.lockHead() } : opened
        }
        return work({ ...transaction, open })
      }, batch),
  }
}

const saving = (traits: SaveTraits): Submission => aSubmission({ command: aSave(traits) })
const savedBy = async (writes: GroupCommit, traits: SaveTraits): Promise<PersonId> =>
  personIdOf(await writes.submit(saving(traits)))
const personAt = async (store: Store, id: PersonId): Promise<PersonView | undefined> =>
  (await store.peopleByIds([id]))[0]

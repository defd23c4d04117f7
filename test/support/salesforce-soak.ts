// A server under random edits of its own people and of the records of a Salesforce that stands in for the real one,
// with all that goes wrong between the two, and crashes. It knows what was done and when all is quiet; what must hold
// then is said by the test and the journal.
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { EmailStatus } from '../../src/domain/person.js'
import { callsEndWithinMs, type Precedence } from '../../src/domain/salesforce-record.js'
import { ChangeFeed } from '../../src/service/changes/change-feed.js'
import type { SalesforceWork } from '../../src/service/salesforce/records.js'
import type { SalesforceSync } from '../../src/service/salesforce/syncs.js'
import { openStore, type Store } from '../../src/store/store.js'
import type { StandInRecord } from '../fixtures/salesforce/records.js'
import { startSalesforce } from '../fixtures/salesforce/salesforce.js'
import { anAddress } from './builders.js'
import { eventually } from './eventually.js'
import { fastClock } from './fast-clock.js'
import { journalFor, type Parted } from './salesforce-journal.js'
import { account, type ServerChild, startServerChild } from './server-child.js'
import { drawFrom } from './xml-mutants.js'

// A minute, for which a clearing may be an answer to our own write, passes in a sixth of a second.
const clockSpeed = 360
const callersCount = 3
const quietWithinMs = 120_000
const recordsPerPage = 40
const works = ['inbox', 'outbox', 'status-changes', 'reconcile'] as const satisfies readonly SalesforceWork[]

export interface SoakOptions {
  readonly databaseUrl: string
  readonly precedence: Precedence
  readonly seed: number
  /** Addresses that are edited all the time. */
  readonly addresses: number
}

export async function aSalesforceSoak(t: Test, { databaseUrl, precedence, seed, addresses }: SoakOptions) {
  const draw = drawFrom(seed)
  const chance = (percent: number): boolean => draw(100) < percent
  const clock = fastClock(clockSpeed)
  const { records, api, sender, env } = await startSalesforce(t, {
    ...{ recordsPerPage, now: clock.now, random: () => draw(1_000_000) / 1_000_000 },
    habits: {
      perEnvelope: () => 1 + draw(100),
      atOnce: 3,
      isPutOff: () => isRough && chance(10),
      isAckLost: () => isRough && chance(10),
      attemptsMax: Number.POSITIVE_INFINITY,
    },
  })
  const journal = journalFor(records.integrationUser)
  records.onChange(journal.saw)
  api.refuseRecord(() => (isRough && chance(5) ? 'UNABLE_TO_LOCK_ROW' : null))

  const pool = Array.from({ length: addresses }, (_, index) => `reader${index}@example.org`)
  const anAddressOf = (): string => pool[draw(pool.length)]!
  // Patience and the like in the time of the fast clock.
  const inItsTime = { PATIENCE_MS: '600000', STATEMENT_MS: '600000', SALESFORCE_INBOX_DAYS: '90', ...clock.env }
  const rules = { SALESFORCE_PRECEDENCE: precedence, JSON_RESUBSCRIBE: 'compatible' }
  const start = (): Promise<ServerChild> =>
    startServerChild(t, { databaseUrl, env: { ...env, ...rules, ...inItsTime } })
  let server = await start()
  const errors: string[] = []
  let crashes = 0
  let crashing: Promise<void> = Promise.resolve()
  let isRough = false
  let isDelivering = false
  let isHeld = false
  let isOver = false
  const store = openStore(databaseUrl)
  const changes = new ChangeFeed(store, cause => t.fail('the feed', { cause }))

  const deliverOnce = async (): Promise<void> => {
    isDelivering = true
    await sender.deliver(`${server.url}/soap/salesforce/outbound`).finally(() => {
      isDelivering = false
    })
  }
  const delivering = (async () => {
    while (!isOver) {
      if (sender.waiting > 0 && !isHeld) await deliverOnce()
      await pause(2)
    }
  })()
  t.teardown(async () => {
    isOver = true
    await delivering
    await store.close()
  })

  /** False where nobody knows what became of it, since the process died or the store was busy. */
  const set = async (key: string, status: 'subscribed' | 'unsubscribed'): Promise<boolean> => {
    const asked = journal.asked({ key, status, from: clock.now() })
    const body = JSON.stringify({ status, reason: 'asked-by-phone', evidence: 'a call' })
    const headers = { authorization: `Bearer ${account.apiKey}`, 'content-type': 'application/json' }
    const url = `${server.url}/v1/addresses/${encodeURIComponent(key)}/subscription`
    const answer = await fetch(url, { method: 'PUT', headers, body }).catch(() => null)
    if (answer === null || answer.status >= 500) return false
    const text = await answer.text().catch(() => null)
    if (text === null) return false
    if (answer.status !== 200) throw new Error(`a command was answered with ${answer.status}: ${text}`)
    asked.version = (JSON.parse(text) as { version: number }).version
    return true
  }

  const someRecord = (): StandInRecord | undefined => {
    const all = records.all().filter(record => !record.isDeleted)
    return all[draw(all.length)]
  }

  const editThere = (): void => {
    const record = someRecord()
    const kind = draw(100)
    if (record === undefined || kind < 3) {
      if (records.all().length < 3 * addresses)
        records.add({ email: anAddressOf(), optedOut: chance(30), type: chance(50) ? 'Lead' : 'Contact' })
    } else if (kind < 60) records.edit(record.id, { optedOut: !record.optedOut })
    else if (kind < 95) records.edit(record.id, {})
    else if (kind < 99) records.edit(record.id, { email: anAddressOf() })
    else records.edit(record.id, { isDeleted: true })
  }

  const trouble = (): void => {
    const kind = draw(4)
    if (kind === 0) api.expireSessions()
    else if (kind === 1) api.faultNext(['SERVER_UNAVAILABLE', 'REQUEST_LIMIT_EXCEEDED', 'UNKNOWN_EXCEPTION'][draw(3)]!)
    else api.loseAnswers(kind === 2)
  }

  const crash = async (): Promise<void> => {
    crashes++
    await server.kill()
    errors.push(...server.errors())
    server = await start()
  }

  const askForSync = async (): Promise<number> =>
    (await store.askForSync({ isDryRun: false, askedBy: 'the soak', name: null }, clock.now())).id

  /** So many edits by several callers, each at its own pace. */
  const edit = async (count: number, step: () => Promise<void>): Promise<void> => {
    let left = count
    const call = async (): Promise<void> => {
      while (left-- > 0) {
        await step()
        // Not to wait for anything: an edit takes people longer than the stand-in.
        await pause(draw(12))
      }
    }
    await Promise.all(Array.from({ length: callersCount }, call))
  }

  const isQuiet = async (): Promise<boolean> => {
    const seq = await store.salesforcePosition('status-changes')
    const filter = { kinds: ['status-changed'] as const, key: null, to: null, source: null }
    const { signal } = new AbortController()
    const page = await changes.read({ after: { seq, activityId: 0 }, filter, limit: 1, waitMs: 0, signal })
    if (page.steps.length > 0 || (await store.countOutbox()).waiting > 0) return false
    if (sender.waiting > 0 || isDelivering) return false
    return (await store.countInbox()).waiting === 0 && (await store.nextSync()) === undefined
  }

  const settled = async (): Promise<void> => {
    await crashing
    isRough = false
    api.loseAnswers(false)
    await eventually(
      async () => {
        // What is under way between two of the looks has left an edit by the second time.
        const before = journal.length
        return (await isQuiet()) && (await isQuiet()) && journal.length === before
      },
      { withinMs: quietWithinMs, everyMs: 20, what: 'the exchange comes to rest' },
    )
  }

  const status = (email: string): ReturnType<Store['status']> => store.status(anAddress(email).key)

  return {
    ...{ records, journal, store, clock, pool, settled, status },
    get crashes() {
      return crashes
    },
    /** Everything at once, and `crashesMax` crashes at random moments in it. */
    async rough(edits: number, crashesMax: number): Promise<void> {
      isRough = true
      const moments = new Set(Array.from({ length: crashesMax }, () => draw(edits)))
      let done = 0
      await edit(edits, async () => {
        if (moments.has(done++)) {
          crashing = crashing.then(crash)
        }
        if (chance(4)) trouble()
        if (chance(1)) await askForSync()
        if (chance(50)) editThere()
        else await set(anAddressOf(), chance(50) ? 'subscribed' : 'unsubscribed')
      })
      await settled()
      // Of a write that died with the process it is known only by then that nobody will answer it.
      const rest = clock.now()
      await eventually(() => clock.now() > rest + callsEndWithinMs, { withinMs: quietWithinMs, everyMs: 20 })
    },
    /** A comparison, and what follows from it. */
    async compared(): Promise<SalesforceSync> {
      const id = await askForSync()
      const sync = await eventually(
        async () => {
          const found = await store.salesforceSync(id)
          return found?.endedAt == null ? null : found
        },
        { withinMs: quietWithinMs, what: 'the comparison ends' },
      )
      await settled()
      return sync
    },
    /** Edits while neither side hears of the other; then both do, perhaps through a crash. Gives what was done. */
    async parted(edits: number): Promise<ReadonlyMap<string, Parted>> {
      const holder = 'f'.repeat(32)
      const holds = async (work: SalesforceWork): Promise<boolean> =>
        store.holdSalesforceWork(work, holder, clock.now() + 365 * 86_400_000, clock.now())
      for (const work of works) await eventually(() => holds(work), { withinMs: quietWithinMs, what: 'the lease' })
      isHeld = true
      const begun = clock.now()
      // What is cleared from now on cannot be taken for an answer to a write before.
      await eventually(() => clock.now() > begun + 120_000, { withinMs: quietWithinMs, everyMs: 5 })
      const live = (email: string): StandInRecord[] =>
        records.all().filter(record => !record.isDeleted && record.email === email)
      const keys = pool.filter(email => live(email).length > 0)
      const before = new Map<string, EmailStatus>()
      for (const key of keys) before.set(key, (await status(key)).status)

      const inDoubt = new Set<string>()
      await edit(edits, async () => {
        const key = keys[draw(keys.length)]!
        const there = live(key)
        const record = there[draw(there.length)]!
        if (chance(50)) records.edit(record.id, chance(70) ? { optedOut: !record.optedOut } : {})
        else if (!(await set(key, chance(50) ? 'subscribed' : 'unsubscribed'))) inDoubt.add(key)
      })

      const ended = clock.now()
      // And no write from now on can be taken for older than one of these edits.
      await eventually(() => clock.now() > ended + 120_000, { withinMs: quietWithinMs, everyMs: 5 })
      const parted = new Map<string, Parted>()
      for (const key of keys.filter(key => !inDoubt.has(key))) {
        const was = before.get(key)!
        const { status: now } = await status(key)
        const here = { isOut: now.status === 'unsubscribed', hasChanged: now.version !== was.version }
        const wasOut = was.status === 'unsubscribed'
        parted.set(key, { wasOut, here: { ...here, since: now.since ?? 0 }, there: live(key) })
      }
      // What was said there first, and the answers of this side to it only behind: a message that is older than such an
      // answer may be taken for a new opt-out.
      isHeld = false
      await eventually(() => sender.waiting === 0 && !isDelivering, { withinMs: quietWithinMs })
      for (const work of works) {
        await store.releaseSalesforceWork(work, holder)
        if (work !== 'inbox') continue
        if (chance(50)) await crash()
        await eventually(async () => (await store.countInbox()).waiting === 0, { withinMs: quietWithinMs })
      }
      await settled()
      return parted
    },
    /** What any of the servers logged as an error, but for comparisons that the stand-in refused. */
    errors: (): readonly string[] =>
      [...errors, ...server.errors()].filter(line => !line.includes('not everything could be compared')),
    /** Those that are live and not as the status of their address is. */
    async disagreements(): Promise<readonly string[]> {
      const found: string[] = []
      for (const { id, email, optedOut, isDeleted } of records.all()) {
        if (isDeleted || email === null) continue
        const { status: here } = await status(email)
        if ((here.status === 'unsubscribed') === optedOut) continue
        const [shadow] = await store.salesforceRecords([{ orgId: records.orgId, recordId: id }])
        found.push(JSON.stringify({ id, email, optedOut, here, shadow, now: clock.now() }))
      }
      return found
    },
  }
}

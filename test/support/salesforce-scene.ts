// The exchange with a Salesforce that stands in for the real one, a round at a time: what follows the log, what sends,
// and time that runs only when a test says so.
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Status } from '../../src/domain/person.js'
import type { Precedence, SalesforceRecord, SyncConflict } from '../../src/domain/salesforce-record.js'
import { ChangeFeed } from '../../src/service/changes/change-feed.js'
import { followRound } from '../../src/service/salesforce/follow-statuses.js'
import { inboxRound } from '../../src/service/salesforce/inbox-round.js'
import { reconcileRound } from '../../src/service/salesforce/reconcile.js'
import { sendRound } from '../../src/service/salesforce/send-writes.js'
import type { SalesforceSync } from '../../src/service/salesforce/syncs.js'
import { createSalesforceRemote } from '../../src/soap/salesforce/salesforce-partner.js'
import { createSessions } from '../../src/soap/salesforce/salesforce-session.js'
import { openStore, type Store } from '../../src/store/store.js'
import { type PartnerApi, startPartnerApi } from '../fixtures/salesforce/partner-api.js'
import { type StandInRecord, type StandInRecords, standInRecords } from '../fixtures/salesforce/records.js'
import { anAddress, aPolicy, aSubmission, aSubscription } from './builders.js'
import { aGroupCommit } from './group-commits.js'
import { projectRoot } from './project.js'

export interface SalesforceScene {
  readonly store: Store
  readonly records: StandInRecords
  readonly api: PartnerApi
  readonly dead: string[]
  readonly troubles: (string | null)[]
  /** Makes records that both sides know, all of one address, and as its status is. */
  known(email: string, count: number, traits?: Partial<SalesforceRecord>): Promise<readonly StandInRecord[]>
  set(email: string, status: Status): Promise<void>
  /** Follows and sends until nothing is left to do at the moment. */
  settle(): Promise<void>
  pass(ms: number): void
  shadow(id: string): Promise<SalesforceRecord | undefined>
  optedOut(email: string): Promise<boolean>
  /** Newest first. */
  conflicts(): Promise<readonly SyncConflict[]>
  /** Asks for a comparison, or goes on with one, up to its end. */
  sync(given?: { readonly isDryRun?: boolean; readonly id?: number }): Promise<SalesforceSync>
  /** Goes on with a comparison until it was written down that it is so far. */
  reconcileUntil(isEnough: (sync: SalesforceSync) => boolean): Promise<void>
}

export interface SceneOptions {
  readonly url: string
  readonly precedence?: Precedence
  readonly recordsPerPage?: number
}

export async function aSalesforceScene(
  t: Test,
  { url, precedence = 'or', recordsPerPage = 2_000 }: SceneOptions,
): Promise<SalesforceScene> {
  const store = openStore(url)
  await store.migrate()
  t.teardown(() => store.close())
  let passed = 0
  const now = (): number => Date.now() + passed
  const records = standInRecords(now)
  const api = await startPartnerApi(t, records, { recordsPerPage })
  const { writes } = aGroupCommit(store)
  t.teardown(() => writes.drain())
  const changes = new ChangeFeed(store, cause => t.fail('the feed', { cause }))
  const { url: loginUrl, clientId, clientSecret } = api
  const sessions = createSessions({ type: 'client-credentials', loginUrl, clientId, clientSecret }, 20_000)
  const wsdlPath = join(projectRoot, 'wsdl/salesforce-partner.wsdl')
  const remote = createSalesforceRemote({ wsdlPath, sessions, apiVersion: '64.0', timeoutMs: 20_000 })
  const dead: string[] = []
  const troubles: (string | null)[] = []
  const lease = { store, holder: 'a'.repeat(32), now }
  const follow = followRound({ ...lease, store, changes, precedence, waitMs: 0, onWish() {} })
  const send = sendRound({
    ...{ ...lease, store, remote },
    onDead: ({ recordId }, code) => void dead.push(`${recordId} ${code}`),
    onTrouble: cause => void troubles.push(cause === null ? null : cause.message),
  })
  const inbox = inboxRound({
    ...{ ...lease, store, reads: store, writes, precedence, writer: null, policy: aPolicy() },
    onDefect: cause => t.fail('the inbox', { cause }),
  })
  const reconcile = (onProgress: (sync: SalesforceSync) => void = () => {}) =>
    reconcileRound({
      ...{ ...lease, store, writes, remote, precedence, onProgress, pauseMs: 1 },
      onWork() {},
      onEnd() {},
    })
  const { signal } = new AbortController()

  return {
    ...{ store, records, api, dead, troubles },
    async known(email, count, traits = {}) {
      const address = anAddress(email)
      const { status } = await store.status(address.key)
      const optedOut = status.status === 'unsubscribed'
      const made = Array.from({ length: count }, () => records.add({ email, optedOut }))
      const settlements = made.map(({ id: recordId, lastModified }) => ({
        record: {
          ...{ orgId: records.orgId, recordId, objectType: 'Contact' as const, personId: null, address, optedOut },
          ...{ lastModified, agreedVersion: status.version, waitingSince: null, written: null, isDeleted: false },
          ...{ version: 0, ...traits },
        },
        ...{ wish: null, conflict: null, processed: null },
      }))
      await store.settleSalesforceRecords(settlements, now())
      return made
    },
    async set(email, status) {
      await writes.submit(aSubmission({ command: aSubscription(status, email) }))
    },
    async settle() {
      let isBusy = true
      while (isBusy) isBusy = [await inbox(signal), await follow(signal), await send(signal)].includes(true)
    },
    pass(ms) {
      passed += ms
    },
    optedOut: async email => (await store.status(anAddress(email).key)).status.status === 'unsubscribed',
    conflicts: () => store.salesforceConflicts({}, { before: null, limit: 100 }),
    async sync({ isDryRun = false, id } = {}) {
      const asked = id ?? (await store.askForSync({ isDryRun, askedBy: 'a test', name: null }, now())).id
      await reconcile()(signal)
      return (await store.salesforceSync(asked))!
    },
    async reconcileUntil(isEnough) {
      const stop = new AbortController()
      await reconcile(sync => {
        if (isEnough(sync)) stop.abort()
      })(stop.signal)
    },
    shadow: async recordId => (await store.salesforceRecords([{ orgId: records.orgId, recordId }]))[0],
  }
}

// What the command line does about Salesforce: a comparison carried out here, or watched where a server is at it; the
// outbox; conflicts; how all of it does. Prints plain lines for people and sets the exit code; what is sent, a server
// sends.

import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config.js'
import { parseAddress } from '../domain/address.js'
import { shownKey } from '../domain/erasure.js'
import type { Opened } from '../opening.js'
import { OperatorError } from '../operator-error.js'
import { reconcileOptions, salesforceRemote } from '../salesforce-work.js'
import { reconcileRound } from '../service/salesforce/reconcile.js'
import type { SalesforceRemote } from '../service/salesforce/remote.js'
import { askOrJoin, type SalesforceSync } from '../service/salesforce/syncs.js'
import { showProgress } from './progress.js'
import { exitCodes, lookEveryMs, passing, writesOf } from './run-job.js'
import { print, withStore } from './store-work.js'

const shownAtOnce = 50
const replayedAtOnce = 1_000

export async function runSync(config: Config, isDryRun: boolean): Promise<void> {
  const remote = salesforceRemote(config)
  if (remote === null)
    throw new OperatorError(
      'nobody said how Salesforce is reached: expected SALESFORCE_LOGIN_URL, SALESFORCE_CLIENT_ID and ' +
        'SALESFORCE_CLIENT_SECRET',
    )
  await withStore(config, async opened => {
    const { id } = await askOrJoin(opened.store, { isDryRun, askedBy: 'command line', name: null }, Date.now())
    report(await carriedOut(id, opened, config, remote))
  })
}

/** The comparison when it is over, or was interrupted by SIGINT or SIGTERM. */
async function carriedOut(
  id: number,
  opened: Opened,
  config: Config,
  remote: SalesforceRemote,
): Promise<SalesforceSync> {
  const { store } = opened
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const progress = showProgress()
  const writes = writesOf(opened, config)
  const options = reconcileOptions({ opened, writes, config }, remote, { onWork() {}, onEnd() {} })
  const onProgress = ({ counts, place }: SalesforceSync, of: number | null): void =>
    progress.update(counts.records, of === null ? null : Math.max(of, counts.records), `comparing ${place.objectType}s`)
  const round = reconcileRound({ ...options, onProgress })
  try {
    for (;;) {
      const sync = await store.salesforceSync(id)
      if (sync === undefined) throw new Error(`the comparison ${id} is gone`)
      if (sync.endedAt !== null || stop.signal.aborted) return sync
      const isDone = await round(stop.signal).catch(async cause => {
        await passing(cause)
        return false
      })
      if (isDone) continue
      onProgress((await store.salesforceSync(id)) ?? sync, null)
      await delay(lookEveryMs, undefined, { signal: stop.signal }).catch(() => {})
    }
  } finally {
    progress.end()
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await writes.drain()
  }
}

function report({ id, isDryRun, state, endedAt, counts, lastError }: SalesforceSync): void {
  const would = isDryRun ? 'would be ' : ''
  print(`comparison ${id} ${state}${isDryRun ? ' (dry run: nothing was changed)' : ''}`)
  const lines = [
    [counts.records, 'records compared'],
    [counts.agreed, 'say the same on both sides'],
    [counts.untold, `changed there without a message: ${would}treated as if one had come`],
    [counts.markedThere, `${would}put into the outbox, to be told`],
    [counts.markedHere, `addresses ${would}unsubscribed here`],
    [counts.onTheirWay, 'left alone, since something newer is under way'],
    [counts.conflicts, 'conflicts, counted above as well'],
    [counts.unusable, 'records without a usable address'],
  ] as const
  for (const [count, what] of lines) if (count > 0) print(`${String(count).padStart(9)} ${what}`)
  if (lastError !== null) process.stderr.write(`${lastError}\n`)
  if (endedAt === null) {
    process.stderr.write('interrupted: the same command goes on with it, and so does a running server\n')
    process.exitCode = exitCodes.interrupted
  } else if (state === 'failed') process.exitCode = 1
}

/** `address`: whose records are listed besides. */
export async function showStatus(config: Config, address: string | undefined): Promise<void> {
  const parsed = address === undefined ? null : parseAddress(address)
  if (parsed !== null && parsed.type !== 'address') throw new OperatorError(`--address: ${parsed.problem}`)
  await withStore(config, async ({ store }) => {
    const [inbox, outbox, [last]] = await Promise.all([
      store.countInbox(),
      store.countOutbox(),
      store.salesforceSyncs({ before: null, limit: 1 }),
    ])
    const { salesforceOrgs: orgs, salesforceSyncAt: syncAt, salesforcePrecedence: precedence } = config
    const facts = [
      ['messages from', orgs.length === 0 ? 'nobody: SALESFORCE_ORGS is not set' : orgs.join(', ')],
      ['', `${inbox.waiting} waiting, ${inbox.failed} given up`],
      ['writes to', loginOf(config) ?? 'nobody: SALESFORCE_LOGIN_URL and what belongs to it are not set'],
      ['', `${outbox.waiting} waiting, ${outbox.failed} given up`],
      ['last comparison', last === undefined ? 'none' : told(last)],
      ['each day', syncAt === null ? 'none: SALESFORCE_SYNC_AT is not set' : `${syncAt} UTC`],
      ['precedence', precedence],
    ] as const
    for (const [name, value] of facts) print(`${name.padEnd(15)}  ${value}`)
    if (parsed === null) return
    const selection = { type: 'address', key: parsed.address.key } as const
    const records = await store.selectedSalesforceRecords(selection, { after: null, limit: shownAtOnce })
    if (records.length === 0) print(`no record is known that has ${parsed.address.text}`)
    for (const { recordId, objectType, optedOut, lastModified } of records) {
      const side = optedOut === null ? 'not seen' : optedOut ? 'opted out' : 'clear'
      const at = lastModified === null ? 'at no known time' : new Date(lastModified).toISOString()
      print([objectType.padEnd(7), recordId, side.padEnd(9), at].join('  '))
    }
  })
}

const loginOf = ({ salesforceLogin: login }: Config): string | null =>
  login === null ? null : login.type === 'token' ? login.instanceUrl : login.loginUrl

const told = ({ id, state, askedAt, endedAt, lastError }: SalesforceSync): string =>
  `${id} ${state} ${new Date(endedAt ?? askedAt).toISOString()}${lastError === null ? '' : `: ${lastError}`}`

export async function showOutbox(config: Config, isReplay: boolean): Promise<void> {
  await withStore(config, async ({ store }) => {
    const failed = await store.failedWrites(replayedAtOnce)
    if (isReplay) await store.queueWrites(failed, Date.now())
    const counts = await store.countOutbox()
    print(`${counts.waiting} waiting, ${counts.failed} given up`)
    if (isReplay) return
    for (const { recordId, optedOut, attempts, lastError } of failed)
      print([recordId, optedOut ? 'opt out' : 'clear  ', `${attempts} attempts`.padEnd(12), lastError ?? ''].join('  '))
  })
}

export async function listConflicts(config: Config): Promise<void> {
  await withStore(config, async ({ store }) => {
    const word = (isOut: boolean): string => (isOut ? 'out' : 'in').padEnd(3)
    for (const conflict of await store.salesforceConflicts({}, { before: null, limit: shownAtOnce })) {
      const { at, recordId, key, theirs, ours, resolution } = conflict
      const sides = `there ${word(theirs.optedOut)} here ${word(ours.optedOut)}`
      print([new Date(at).toISOString(), recordId, sides, resolution.padEnd(11), shownKey(key) ?? ''].join('  ').trim())
    }
  })
}

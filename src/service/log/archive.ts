// Old parts of the log and their activities, moved from the store to files: a file's end is decided and kept, the files
// are written and looked at, the log begins behind them from then on, and only then are their rows dropped, a few at a
// time. A crash anywhere in between is gone on from; what is done again gives the same files.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ChangePosition } from '../changes/changes.js'
import type { ActivityRecord, LogCut, ReadStore } from '../ports.js'
import type { Round } from '../writes/background.js'
import type { ArchivedRange, ArchiveFolder } from './archive-folder.js'

interface Lease {
  readonly holder: string
  readonly until: number
}

/** What a store must do to be archived. All that names a holder does nothing, and says so, where it is another one. */
export interface ArchiveStore {
  /** Undefined where another process is at it. */
  claimArchive(
    now: number,
    lease: Lease,
  ): Promise<{ readonly cut: LogCut; readonly plan: ChangePosition | null } | undefined>
  holdArchive(holder: string, until: number): Promise<boolean>
  planArchive(holder: string, plan: ChangePosition): Promise<boolean>
  /** From here on the log begins behind `after`. */
  moveCut(holder: string, before: LogCut, after: LogCut): Promise<boolean>
  letGoOfArchive(holder: string): Promise<void>
  /** Where a file of at most so many entries would end, all of them older and known to every active webhook; null
   * where there are none. */
  archivable(olderThan: number, entriesMax: number): Promise<ChangePosition | null>
  activitiesBetween(after: number, upTo: number, limit: number): Promise<readonly ActivityRecord[]>
  /** The first row of each kind that lies before the beginning of the log; null where none does. */
  firstDroppable(): Promise<ChangePosition | null>
  /** Drops at most `limit` rows from a place on. Gives where to go on; null where nothing is left. */
  dropArchived(from: ChangePosition, limit: number): Promise<ChangePosition | null>
}

export interface ArchiveOptions {
  readonly store: ArchiveStore & Pick<ReadStore, 'log'>
  readonly folder: ArchiveFolder
  /** What is younger stays. */
  readonly keptMs: number
  readonly now: () => number
  readonly entriesInFile?: number
  onArchived?(range: ArchivedRange): void
  onDropped?(done: ChangePosition): void
}

/** Answers are kept for a week, and taken from the log. */
export const keptDaysMin = 8

// About 50 MB of files at most, and a minute of work.
const entriesInFileDefault = 50_000
const pageRows = 500
const leaseMs = 60_000
const lookEveryMs = 60_000
// Few enough that no writer notices them; the rest after each is as long as it took.
const dropAtOnce = 500

export type Archived =
  | { readonly type: 'done'; readonly ranges: number; readonly entries: number }
  /** Another process is at it. */
  | { readonly type: 'busy' }

/** All that is old enough: files first, then the rows. Throws ArchiveRefused where that cannot be done safely. */
export async function archive(options: ArchiveOptions, signal: AbortSignal): Promise<Archived> {
  const { store, now } = options
  const holder = randomBytes(16).toString('hex')
  let [ranges, entries] = [0, 0]
  for (;;) {
    const claimed = await store.claimArchive(now(), { holder, until: now() + leaseMs })
    if (claimed === undefined) return { type: 'busy' }
    try {
      const range = signal.aborted ? null : await archiveNext(options, holder, claimed)
      await drop(options, holder, signal)
      if (range === null) return { type: 'done', ranges, entries }
      ranges++
      entries += range.toSeq - range.fromSeq + 1
      options.onArchived?.(range)
    } finally {
      await store.letGoOfArchive(holder)
    }
  }
}

/** The same, now and then, for as long as a server runs. */
export function archiveRound(options: ArchiveOptions): Round {
  let nextAt = 0
  return async signal => {
    if (options.now() < nextAt) return false
    nextAt = options.now() + lookEveryMs
    await archive(options, signal)
    return false
  }
}

async function archiveNext(
  { store, folder, keptMs, now, entriesInFile = entriesInFileDefault }: ArchiveOptions,
  holder: string,
  { cut, plan: planned }: { readonly cut: LogCut; readonly plan: ChangePosition | null },
): Promise<ArchivedRange | null> {
  const plan = planned ?? (await store.archivable(now() - keptMs, entriesInFile))
  if (plan === null) return null
  await folder.refuseOther(cut, plan)
  if (planned === null && !(await store.planArchive(holder, plan))) return null
  const range = await folder.write(cut, plan, {
    entries: after => store.log({ after, limit: Math.min(pageRows, plan.seq - after) }),
    activities: after => store.activitiesBetween(after, plan.activityId, pageRows),
    onPage: async () => void (await store.holdArchive(holder, now() + leaseMs)),
  })
  const after = { seq: plan.seq, activityId: plan.activityId, hash: range.hash, at: range.lastAt }
  return (await store.moveCut(holder, cut, after)) ? range : null
}

async function drop({ store, now, onDropped }: ArchiveOptions, holder: string, signal: AbortSignal): Promise<void> {
  let place = await store.firstDroppable()
  let heldAt = now()
  while (place !== null && !signal.aborted) {
    const startedAt = performance.now()
    place = await store.dropArchived(place, dropAtOnce)
    if (place !== null) onDropped?.(place)
    if (now() - heldAt > leaseMs / 4) {
      if (!(await store.holdArchive(holder, now() + leaseMs))) return
      heldAt = now()
    }
    await delay(performance.now() - startedAt)
  }
}

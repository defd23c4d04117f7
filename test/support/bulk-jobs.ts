// Bulk files and undos on a store of their own, carried out in this process when a test says so.
import type { Test } from 'tap'
import { readConfig } from '../../src/config.js'
import { type Opened, open } from '../../src/opening.js'
import type { BulkSubject } from '../../src/service/jobs/bulk.js'
import { exportAll } from '../../src/service/jobs/export.js'
import { jobRound } from '../../src/service/jobs/job-round.js'
import type { Job, RowReport } from '../../src/service/jobs/jobs.js'
import { type FileOptions, receiveFile } from '../../src/service/jobs/receiving.js'
import { planUndo, type UndoWanted } from '../../src/service/jobs/undo.js'
import { GroupCommit } from '../../src/service/writes/group-commit.js'
import { aCause, aPolicy } from './builders.js'

export interface Bulk {
  readonly opened: Opened
  readonly writes: GroupCommit
  readonly defects: unknown[]
  /** Takes a file in and carries it out. */
  load(subject: BulkSubject, text: string | Uint8Array, options?: Partial<FileOptions>): Promise<Job>
  /** Takes a file in, and leaves it at that. */
  receive(subject: BulkSubject, text: string | Uint8Array, options?: Partial<FileOptions>): Promise<Job>
  undo(wanted: Partial<UndoWanted>): Promise<Job>
  /** Carries out what waits, to its end. */
  work(): Promise<void>
  reports(id: number): Promise<readonly RowReport[]>
  export(subject: BulkSubject, form?: 'csv' | 'ndjson'): Promise<string>
}

export async function aBulk(t: Test, databaseUrl: string): Promise<Bulk> {
  const opened = await open(readConfig({ DATABASE_URL: databaseUrl }))
  t.teardown(() => opened.store.close())
  const { store, fields, hashAddress } = opened
  const defects: unknown[] = []
  const onDefect = (cause: unknown): void => void defects.push(cause)
  const writes = new GroupCommit(store, {
    hashAddress,
    events: { batch() {}, command() {}, retry() {}, defect: onDefect },
  })
  const options = { store, writes, fields, hashAddress, chunkRows: 200, now: Date.now, onDefect }
  const work = async (): Promise<void> => {
    while (await jobRound(options, 'bulk')(new AbortController().signal));
    if (defects.length > 0) throw defects[0]
  }
  const receive: Bulk['receive'] = async (subject, text, traits = {}) => {
    const file: FileOptions = {
      ...{ subject, name: 'file.csv', form: 'auto', encoding: 'auto', delimiter: 'auto', unknown: 'refuse' },
      ...{ flagMode: 'ignore', isDryRun: false, cause: aCause({ role: 'admin' }), policy: aPolicy() },
      ...traits,
    }
    const receiving = { store, fields, now: Date.now, leaseMs: 10_000 }
    const received = await receiveFile(inPieces(text), file, { type: 'none' }, receiving)
    if (received === undefined) throw new Error('the file was not taken')
    await store.startJob(received.job.id, { holder: received.holder, until: 0 }, null)
    return received.job
  }
  const finished = async ({ id }: Job): Promise<Job> => {
    await work()
    return (await store.job(id))!
  }
  return {
    ...{ opened, writes, defects, receive, work },
    load: async (subject, text, traits) => finished(await receive(subject, text, traits)),
    async undo(wanted) {
      const planned = await planUndo(store, { isDryRun: false, by: { actor: 'anna', role: 'admin' }, ...wanted })
      if (planned.type !== 'plan') throw new Error(planned.problem)
      const taken = await store.takeJob({ plan: planned.plan, rows: [], replay: { type: 'none' } })
      if (taken.type !== 'taken') throw new Error(taken.type)
      return finished(taken.taken)
    },
    async reports(id) {
      const all: RowReport[] = []
      for (let after = 0; ; ) {
        const { reports, next } = await store.jobReports(id, after)
        all.push(...reports)
        if (next === null) return all
        after = next
      }
    },
    async export(subject, form = 'csv') {
      let text = ''
      await exportAll(store, { subject, form, dictionary: fields.dictionary }, async piece => {
        text += piece
      })
      return text
    },
  }
}

// As a connection brings them: cut anywhere, also within a character.
async function* inPieces(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text as string)
  for (let start = 0; start < bytes.length; start += 997) yield bytes.subarray(start, start + 997)
}

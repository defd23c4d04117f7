// The transactions of an import as lists of statements: the job carried out in this process as the command line does
// it, overheard on its way to the database. It must not know how the statements are used.
import { createReadStream } from 'node:fs'
import { Fields } from '../src/service/fields.js'
import type { BulkSubject } from '../src/service/jobs/bulk.js'
import { jobRound, leaseMs } from '../src/service/jobs/job-round.js'
import { type FileOptions, receiveFile } from '../src/service/jobs/receiving.js'
import { addressHasher } from '../src/service/log/log-chain.js'
import { GroupCommit } from '../src/service/writes/group-commit.js'
import { openStore } from '../src/store/store.js'
import { type Batch, byPackets, type Statement } from './recording.js'

/** Carries the file out in the empty database at `databaseUrl`. What the job notes of itself is in no batch. */
export async function recordImport(databaseUrl: string, subject: BulkSubject, path: string): Promise<readonly Batch[]> {
  const batches: Batch[] = []
  let open: Statement[] | null = null
  const store = openStore(databaseUrl, { onStatement: byPackets(statement => void open?.push(statement)) })
  try {
    await store.migrate()
    const hashAddress = addressHasher(Buffer.from('a key for benchmarks'))
    const fields = await Fields.load(store, { acceptUnknown: false })
    const alone = oneAtATime()
    const overheard: typeof store = {
      ...store,
      jobRows: (...args) => alone(() => store.jobRows(...args)),
      recordJob: (...args) => alone(() => store.recordJob(...args)),
      transact: (work, commands) =>
        alone(async () => {
          const statements: Statement[] = []
          open = statements
          try {
            return await store.transact(work, commands)
          } finally {
            open = null
            batches.push(statements)
          }
        }),
    }
    const defects: unknown[] = []
    const onDefect = (cause: unknown): void => void defects.push(cause)
    const events = { batch() {}, command() {}, retry: onDefect, defect: onDefect }
    const writes = new GroupCommit(overheard, { hashAddress, events })
    const { job, holder } = (await receiveFile(
      createReadStream(path),
      fileOptions(subject),
      { type: 'none' },
      {
        ...{ store, fields, now: Date.now, leaseMs },
      },
    ))!
    await store.startJob(job.id, { holder, until: 0 }, null)
    const work = { store: overheard, writes, fields, hashAddress, chunkRows: 1_000, now: Date.now, onDefect }
    await jobRound(work, 'bulk')(new AbortController().signal)
    if (defects.length > 0) throw defects[0]
    return batches
  } finally {
    await store.close()
  }
}

const fileOptions = (subject: BulkSubject): FileOptions => ({
  ...({ subject, name: 'rows.csv', form: 'auto', encoding: 'auto', delimiter: 'auto', unknown: 'refuse' } as const),
  ...{ flagMode: 'ignore', isDryRun: false, policy: { resubscribe: 'guarded', addressChange: 'reset' } },
  cause: {
    actor: 'bench',
    role: 'admin',
    source: 'bulk import',
    reason: 'rows.csv',
    reasonGiven: true,
    evidence: null,
  },
})

// The job reads and notes while a batch is on its way, on other connections; heard together, they could not be told
// apart.
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const next = last.then(work, work)
    last = next
    return next
  }
}

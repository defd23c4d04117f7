// Files of people and suppressions from the command line, in and out, and the undo of what they did. An import is named
// by what is in its file: the same file again goes on with the import that was cut.

import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Config } from '../config.js'
import type { Cause, Policy } from '../domain/command.js'
import type { Opened } from '../opening.js'
import { OperatorError } from '../operator-error.js'
import { lackingForCorrection, reasonsSentence } from '../service/correction-guard.js'
import {
  type BulkSubject,
  bulkSource,
  type Delimiter,
  type Encoding,
  type FlagMode,
  type Form,
  type UnknownColumns,
} from '../service/jobs/bulk.js'
import { type ExportForm, exportAll } from '../service/jobs/export.js'
import { FileRefused } from '../service/jobs/file-text.js'
import { leaseMs } from '../service/jobs/job-round.js'
import type { Job } from '../service/jobs/jobs.js'
import { leaseOf, type ReceivingOptions, receiveFile } from '../service/jobs/receiving.js'
import { planUndo } from '../service/jobs/undo.js'
import { namedReplay, type Replay } from '../service/writes/submission.js'
import { showProgress } from './progress.js'
import { isOver, reportJob, runJob } from './run-job.js'
import { print, refuse, withStore } from './store-work.js'

export interface ImportOptions {
  readonly format: Form
  readonly encoding: Encoding
  readonly delimiter: Delimiter
  readonly unknown: UnknownColumns
  readonly flag: FlagMode
  readonly dryRun?: boolean
  readonly again?: boolean
  readonly reason?: string
  readonly evidence?: string
}

export async function runImport(
  config: Config,
  subject: BulkSubject,
  file: string,
  options: ImportOptions,
): Promise<void> {
  const digest = await digestOf(file)
  await withStore(config, async opened => {
    refuseCorrection(opened, config, subject, file, options)
    const named = await nextName(opened, `${subject} ${digest} ${JSON.stringify(options)}`, options.again === true)
    if (named.type === 'done') {
      print(`this file was imported by job ${named.job.id}; --again imports it once more`)
      return reportJob(named.job)
    }
    const job = await receive(opened, config, subject, file, options, named)
    reportJob(await runJob(opened, config, job.id))
  })
}

interface Stated {
  readonly reason?: string | undefined
  readonly evidence?: string | undefined
}

function causeOf(file: string, { reason, evidence }: Stated): Cause {
  return {
    ...({ actor: 'command line', role: 'admin', source: bulkSource } as const),
    reason: reason ?? `import of ${basename(file)}`,
    reasonGiven: true,
    evidence: evidence ?? `file ${basename(file)}`,
  }
}

const policyOf = (config: Config): Policy => ({
  resubscribe: config.jsonResubscribe,
  addressChange: config.addressChange,
})

// Under the guarded policy each row would be refused; the operator hears at once what to state.
function refuseCorrection(
  { settings }: Opened,
  config: Config,
  subject: BulkSubject,
  file: string,
  options: ImportOptions,
): void {
  const reasons = settings.value('resubscribe-reasons')
  const wanted = { subject, flagMode: options.flag, cause: causeOf(file, options), policy: policyOf(config) }
  if (lackingForCorrection(wanted, reasons).length === 0) return
  throw new OperatorError(
    `--flag correct re-subscribes, for which --reason has to say why: ${reasonsSentence(reasons)}`,
  )
}

// The bytes as they lie on the disk: packed or not, the same file is the same import.
async function digestOf(file: string): Promise<string> {
  const found = await stat(file).catch(cause => {
    throw new OperatorError(`the file ${file} cannot be read: ${cause.message}`, { cause })
  })
  if (!found.isFile()) throw new OperatorError(`${file}: expected a file`)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

type Named = Extract<Replay, { readonly type: 'named' }>
type Naming =
  | { readonly type: 'new'; readonly replay: Named }
  | { readonly type: 'begun'; readonly replay: Named; readonly job: Job }
  | { readonly type: 'done'; readonly job: Job }

// An import that failed or was cancelled may be tried again, one that is complete only when that is asked for: each
// time it has a name that tells of the one before, so that a cut one is found again.
async function nextName({ store }: Opened, what: string, again: boolean): Promise<Naming> {
  let after = 0
  let last: Job | null = null
  for (;;) {
    const replay = namedReplay('command line', `import\u0000${what} after ${after}`, what) as Named
    const found = await store.jobByName(replay)
    if (found === undefined) {
      const isDone = last?.state === 'complete' && !again
      return isDone && last !== null ? { type: 'done', job: last } : { type: 'new', replay }
    }
    last = found.job
    if (!isOver(last)) return { type: 'begun', replay, job: last }
    after = last.id
  }
}

async function receive(
  opened: Opened,
  config: Config,
  subject: BulkSubject,
  file: string,
  { format: form, encoding, delimiter, unknown, flag: flagMode, dryRun, reason, evidence }: ImportOptions,
  named: Exclude<Naming, { readonly type: 'done' }>,
): Promise<Job> {
  const { store, fields } = opened
  const begun = named.type === 'begun' ? named.job : null
  if (begun !== null && begun.state !== 'receiving') {
    print(`going on with job ${begun.id} behind row ${begun.progress.done}`)
    return begun
  }
  const receiving: ReceivingOptions = { store, fields, now: Date.now, leaseMs }
  const held = begun === null ? undefined : { job: begun, holder: randomBytes(16).toString('hex') }
  if (held !== undefined && !(await store.resumeJob(held.job.id, Date.now(), leaseOf(held.holder, receiving)))) {
    throw new OperatorError(`another process is reading this file as job ${held.job.id}; try again in some seconds`)
  }
  const cause = causeOf(file, { reason, evidence })
  const policy = policyOf(config)
  const said = { subject, name: basename(file), form, encoding, delimiter, unknown, flagMode, cause, policy }
  const progress = showProgress()
  const onRows = (rows: number): void => progress.update(rows, null, 'reading')
  try {
    const source = { ...said, isDryRun: dryRun === true }
    const received = await receiveFile(bytesOf(file), source, named.replay, { ...receiving, onRows }, held)
    if (received === undefined) throw new OperatorError('another process imports this file at this moment')
    await store.startJob(received.job.id, { holder: received.holder, until: 0 }, null)
    return received.job
  } catch (cause) {
    if (!(cause instanceof FileRefused)) throw cause
    throw new OperatorError(`${file}: ${cause.message}; nothing was imported`, { cause })
  } finally {
    progress.end()
  }
}

function bytesOf(file: string): Readable {
  const bytes = createReadStream(file, { highWaterMark: 1024 * 1024 })
  if (!file.endsWith('.gz')) return bytes
  const unpacked = createGunzip()
  bytes.on('error', cause => unpacked.destroy(cause))
  return bytes.pipe(unpacked)
}

export async function runExport(
  config: Config,
  subject: BulkSubject,
  file: string | undefined,
  { format }: { readonly format?: ExportForm },
): Promise<void> {
  const form = format ?? (/\.ndjson(?:\.gz)?$/.test(file ?? '') ? 'ndjson' : 'csv')
  await withStore(config, async ({ store, fields }) => {
    // Under another name until it is whole: what lies there is never half an export.
    const part = file === undefined ? undefined : `${file}.part`
    const target = part === undefined ? process.stdout : createWriteStream(part)
    const packed = file?.endsWith('.gz') ? createGzip() : null
    if (packed !== null) packed.pipe(target)
    const into: Writable = packed ?? target
    try {
      const done = part === undefined ? null : finished(target)
      // Where it cannot be opened or written, the next write says so.
      done?.catch(() => {})
      const { rows, seq } = await exportAll(store, { subject, form, dictionary: fields.dictionary }, writerTo(into))
      if (part !== undefined && file !== undefined) {
        into.end()
        await done
        await rename(part, file)
      }
      process.stderr.write(`exported ${rows} rows as of log position ${seq}\n`)
    } catch (cause) {
      if (part !== undefined) await rm(part, { force: true })
      throw cause
    }
  })
}

const writerTo =
  (stream: Writable) =>
  (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, cause => (cause ? reject(cause) : resolve()))
    })

export interface UndoOptions {
  readonly command?: string
  readonly job?: number
  readonly dryRun?: boolean
  readonly evidence?: string
}

export async function runUndo(config: Config, { command, job, dryRun, evidence }: UndoOptions): Promise<void> {
  if ((command === undefined) === (job === undefined)) throw new OperatorError('expected either --command or --job')
  await withStore(config, async opened => {
    const by = { actor: 'command line', role: 'admin' } as const
    const planned = await planUndo(opened.store, { command, job, evidence, isDryRun: dryRun === true, by })
    if (planned.type !== 'plan') return refuse(planned.problem)
    const taken = await opened.store.takeJob({ plan: planned.plan, rows: [], replay: { type: 'none' } })
    if (taken.type !== 'taken') throw new Error(`an undo was answered '${taken.type}'`)
    reportJob(await runJob(opened, config, taken.taken.id))
  })
}

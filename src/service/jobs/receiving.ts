// Takes in a file as a job: its rows go into the store in order, many in one text, and only when all of them are there
// is the first one carried out. So a file that turns out to be broken, or an upload that is cut, has changed nothing.

import { randomBytes } from 'node:crypto'
import type { Cause, Policy } from '../../domain/command.js'
import type { Fields } from '../fields.js'
import type { Lease } from '../flows/flows.js'
import type { Replay } from '../writes/submission.js'
import type { BulkPlan, BulkSubject, Delimiter, Encoding, FlagMode, Form, UnknownColumns } from './bulk.js'
import { type BulkColumnsRead, readHeader } from './bulk-columns.js'
import { type FileRow, readRows } from './file-rows.js'
import { FileRefused, readText } from './file-text.js'
import type { Job, ReceivingStore, StoredRows } from './jobs.js'

export interface FileOptions {
  readonly subject: BulkSubject
  /** As people know it; never a path. */
  readonly name: string
  readonly form: Form
  readonly encoding: Encoding
  readonly delimiter: Delimiter
  readonly unknown: UnknownColumns
  readonly flagMode: FlagMode
  readonly isDryRun: boolean
  readonly cause: Cause
  readonly policy: Policy
}

export interface ReceivingOptions {
  readonly store: ReceivingStore
  readonly fields: Pick<Fields, 'dictionary' | 'unknownAmong' | 'add'>
  readonly now: () => number
  /** How long the rows that arrived may wait for the next ones before somebody else may drop them. */
  readonly leaseMs: number
  /** Told after each part that was stored. */
  readonly onRows?: (rows: number) => void
}

// Rows of one text are one part of the job: as many as one transaction takes well, and calls still find room beside.
const rowsOfText = 250
const charactersOfText = 500_000
// So many of them are stored by one transaction.
const textsAtOnce = 16

export interface Received {
  readonly job: Job
  /** Still holds the job, for `JobStore.recordJob` and the like. */
  readonly holder: string
}

/** `begun`: a job of this file whose rows did not all arrive; it goes on behind those that did. Throws FileRefused.
 * Undefined where the name was given to another job meanwhile, or the job was cancelled. */
export async function receiveFile(
  source: AsyncIterable<Uint8Array>,
  file: FileOptions,
  replay: Replay,
  options: ReceivingOptions,
  begun?: { readonly job: Job; readonly holder: string },
): Promise<Received | undefined> {
  const { form, rows } = readRows(await readText(source, file.encoding), file)
  const iterator = rows[Symbol.asyncIterator]()
  const header = form === 'csv' ? await readFirst(iterator, file, options) : noHeader
  const plan = planOf(file, form, header.read)
  const holder = begun?.holder ?? randomBytes(16).toString('hex')
  const job = begun?.job ?? (await options.store.openJob(plan, replay, leaseOf(holder, options)))
  if (job === undefined) return undefined
  const inbox = new Inbox(job, holder, options)
  // Rows may come slowly: that somebody is there is said whether or not there is anything to store.
  const keeping = setInterval(() => inbox.keep(), options.leaseMs / 3)
  try {
    if (header.row !== null) await inbox.add(header.row)
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) await inbox.add(next.value)
    await inbox.flush()
    if (inbox.isLost) return undefined
    if (inbox.rows === 0) throw new FileRefused('expected rows, got none')
  } catch (cause) {
    // What is refused would be refused again; what was cut off goes on if it can.
    if (cause instanceof FileRefused || begun === undefined) await options.store.discardJob(job.id, holder)
    throw cause
  } finally {
    clearInterval(keeping)
    await iterator.return?.(undefined)
  }
  return { job: { ...job, plan, rows: inbox.rows, state: 'receiving' }, holder }
}

export const leaseOf = (holder: string, { now, leaseMs }: Pick<ReceivingOptions, 'now' | 'leaseMs'>): Lease => ({
  holder,
  until: now() + leaseMs,
})

type HeaderRead = Extract<BulkColumnsRead, { readonly type: 'columns' }>
const noHeader: { read: HeaderRead; row: FileRow | null } = {
  read: { type: 'columns', columns: [], notes: [], hasHeader: true },
  row: null,
}

async function readFirst(
  rows: AsyncIterator<FileRow>,
  { subject, unknown }: FileOptions,
  { fields }: ReceivingOptions,
): Promise<{ read: HeaderRead; row: FileRow | null }> {
  const first = await rows.next()
  if (first.done) throw new FileRefused('expected a line with the names of the columns, got an empty file')
  const [line, ...cells] = first.value
  const read = await readHeader(cells, { subject, unknown, fields })
  if (read.type === 'refused') throw new FileRefused(`line ${line}: ${read.problem}`)
  return { read, row: read.hasHeader ? null : first.value }
}

function planOf(file: FileOptions, form: 'csv' | 'ndjson', { columns, notes }: HeaderRead): BulkPlan {
  const { subject: type, name, unknown: unknownColumns, flagMode, isDryRun, cause, policy } = file
  return { type, name, form, columns, unknownColumns, flagMode, isDryRun, notes, cause, policy }
}

/** Rows on their way into the store. The same rows always make the same texts, so one that was cut can go on. */
class Inbox {
  rows = 0
  isLost = false
  readonly #job: Job
  readonly #holder: string
  readonly #options: ReceivingOptions
  #row: FileRow[] = []
  #characters = 0
  #texts: StoredRows[] = []

  constructor(job: Job, holder: string, options: ReceivingOptions) {
    this.#job = job
    this.#holder = holder
    this.#options = options
  }

  async add(row: FileRow): Promise<void> {
    this.rows++
    this.#row.push(row)
    for (let index = 1; index < row.length; index++) this.#characters += (row[index] as string).length + 3
    if (this.#row.length < rowsOfText && this.#characters < charactersOfText) return
    this.#close()
    if (this.#texts.length >= textsAtOnce) await this.#store()
  }

  keep(): void {
    // Where this fails, the next one or the next rows may do better.
    this.#options.store.addJobRows(this.#job.id, leaseOf(this.#holder, this.#options), []).catch(() => {})
  }

  async flush(): Promise<void> {
    if (this.#row.length > 0) this.#close()
    await this.#store()
  }

  #close(): void {
    // What arrived before the cut is there already.
    if (this.rows > this.#job.rows) this.#texts.push({ upTo: this.rows, content: JSON.stringify(this.#row) })
    this.#row = []
    this.#characters = 0
  }

  async #store(): Promise<void> {
    const texts = this.#texts
    this.#texts = []
    if (this.isLost || texts.length === 0) return
    const { store, onRows } = this.#options
    this.isLost = !(await store.addJobRows(this.#job.id, leaseOf(this.#holder, this.#options), texts))
    if (this.isLost) throw new FileRefused('the job was cancelled while its rows were received')
    onRows?.(this.rows)
  }
}

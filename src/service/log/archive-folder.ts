// The folder with the archive: for each part of the log a file of entries, a file of activities (both a JSON object a
// line), and a manifest, which is written last and says what they hold. Files appear whole or not at all, and are on
// disk before anybody is told. It knows files and chains, no store.

import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangePosition } from '../changes/changes.js'
import type { ActivityRecord, LogCut, LogEntry } from '../ports.js'
import { brokenEntry, chainVersion } from './log-chain.js'
import { detailOf } from './replay.js'

export interface ArchivedFile {
  readonly file: string
  readonly lines: number
  readonly bytes: number
  readonly sha256: string
}

/** What a manifest says. */
export interface ArchivedRange {
  readonly chain: string
  readonly fromSeq: number
  readonly toSeq: number
  /** Hash of the entry before the first one. */
  readonly previousHash: string
  /** Hash of the last one. */
  readonly hash: string
  /** Ids of activities: behind the first, up to the second. */
  readonly afterActivityId: number
  readonly toActivityId: number
  readonly firstAt: number
  readonly lastAt: number
  readonly log: ArchivedFile
  readonly activities: ArchivedFile
}

/** Nothing was deleted: a sentence about what stands in the way. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused'
}

interface Source {
  entries(after: number): Promise<readonly LogEntry[]>
  activities(after: number): Promise<readonly ActivityRecord[]>
  /** After each page: it takes its time. */
  onPage(): Promise<void>
}

export interface ArchiveFolder {
  /** Throws where this is not the folder that holds what was archived before. */
  refuseOther(cut: LogCut, plan: ChangePosition): Promise<void>
  write(cut: LogCut, plan: ChangePosition, source: Source): Promise<ArchivedRange>
}

const manifestEnding = '.manifest.json'
const manifestName = /^(\d{15})-(\d{15})\.manifest\.json$/

export function openArchiveFolder(path: string, { isNew = false } = {}): ArchiveFolder {
  return {
    async refuseOther(cut, plan) {
      const ranges = await archivedRanges(path)
      const next = ranges.find(({ fromSeq }) => fromSeq === cut.seq + 1)
      if (next !== undefined && next.toSeq !== plan.seq) {
        throw new ArchiveRefused(
          `${path} holds the entries ${next.fromSeq} to ${next.toSeq} of another store, or of a later state of this ` +
            'one (was it restored from a backup?): move that folder away, and name a new one with --new-folder',
        )
      }
      if (cut.seq === 0 || isNew) return
      const last = ranges.find(({ toSeq }) => toSeq === cut.seq)
      if (last?.hash === cut.hash) return
      throw new ArchiveRefused(
        `${path} does not hold the archive up to entry ${cut.seq}, behind which this one goes on: name the folder ` +
          'where it is, or begin another one with `archive --new-folder` (put together again, both can be verified); ' +
          'nothing was deleted',
      )
    },

    async write(cut, plan, source) {
      await mkdir(path, { recursive: true, mode: 0o700 })
      const base = baseOf(cut.seq + 1, plan.seq)
      let previous: { readonly seq: number; readonly hash: string } = cut
      let firstAt: number | null = null
      let lastAt = cut.at
      // Null once the detail of an entry was erased: then nobody can count them.
      let told: number | null = 0
      const log = await writeLines(path, `${base}.log.ndjson`, async function* () {
        while (previous.seq < plan.seq) {
          const page = await source.entries(previous.seq)
          for (const entry of page) {
            const broken = brokenEntry(entry, previous)
            if (broken !== null) throw refusedAsBroken(broken)
            if (entry.detail === null) told = null
            else if (told !== null) told += detailOf(entry).effects.filter(({ type }) => type === 'activity').length
            firstAt ??= entry.at
            lastAt = entry.at
            previous = entry
          }
          if (page.length === 0) throw refusedAsBroken(`log entry ${previous.seq + 1} is missing`)
          await source.onPage()
          yield page
        }
      })
      let lastId = cut.activityId
      const activities = await writeLines(path, `${base}.activities.ndjson`, async function* () {
        while (lastId < plan.activityId) {
          const page = await source.activities(lastId)
          for (const { id } of page) {
            if (id !== lastId + 1) throw refusedAsBroken(`activity ${lastId + 1} is missing`)
            lastId = id
          }
          if (page.length === 0) throw refusedAsBroken(`activity ${lastId + 1} is missing`)
          await source.onPage()
          yield page
        }
      })
      if (told !== null && told !== activities.lines)
        throw refusedAsBroken(`entries up to ${plan.seq} tell of ${told} activities, there are ${activities.lines}`)
      const range: ArchivedRange = {
        ...{ chain: chainVersion, fromSeq: cut.seq + 1, toSeq: plan.seq },
        ...{ previousHash: cut.hash, hash: previous.hash },
        ...{ afterActivityId: cut.activityId, toActivityId: plan.activityId },
        ...{ firstAt: firstAt ?? lastAt, lastAt, log, activities },
      }
      // What comes back from the disk is what counts: its rows are about to be dropped.
      for (const file of [log, activities]) {
        if ((await sha256Of(join(path, file.file))) !== file.sha256)
          throw new ArchiveRefused(`${join(path, file.file)} cannot be read back as it was written`)
      }
      await writeWhole(path, `${base}${manifestEnding}`, async write => write(`${JSON.stringify(range, null, 2)}\n`))
      return range
    },
  }
}

const refusedAsBroken = (broken: string): ArchiveRefused =>
  new ArchiveRefused(`${broken}: nothing was archived of it and nothing deleted; run \`verify\``)

const padded = (seq: number): string => String(seq).padStart(15, '0')
const baseOf = (fromSeq: number, toSeq: number): string => `${padded(fromSeq)}-${padded(toSeq)}`

/** What the manifests of a folder say, in the order of the log. Throws for one that cannot be read. */
export async function archivedRanges(path: string): Promise<readonly ArchivedRange[]> {
  const names = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw cause
  })
  const ranges = names
    .filter(name => manifestName.test(name))
    .sort()
    .map(async (name): Promise<ArchivedRange> => {
      const text = await readFile(join(path, name), 'utf8')
      try {
        const range = JSON.parse(text) as ArchivedRange
        if (name === `${baseOf(range.fromSeq, range.toSeq)}${manifestEnding}` && range.chain === chainVersion)
          return range
      } catch {
        // The sentence below says it.
      }
      throw new ArchiveRefused(`${join(path, name)} is not the manifest that was written here`)
    })
  return Promise.all(ranges)
}

async function writeLines(
  path: string,
  file: string,
  pages: () => AsyncIterable<readonly object[]>,
): Promise<ArchivedFile> {
  const hash = createHash('sha256')
  let [lines, bytes] = [0, 0]
  await writeWhole(path, file, async write => {
    for await (const page of pages()) {
      const text = page.map(line => `${JSON.stringify(line)}\n`).join('')
      hash.update(text)
      lines += page.length
      bytes += Buffer.byteLength(text)
      await write(text)
    }
  })
  return { file, lines, bytes, sha256: hash.digest('hex') }
}

// Under another name until all of it is on disk, so that no crash leaves half a file; the folder is synced too, or the
// name could be lost.
async function writeWhole(
  path: string,
  file: string,
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const unfinished = join(path, `.${file}.${randomBytes(6).toString('hex')}`)
  const handle = await open(unfinished, 'wx', 0o600)
  try {
    await work(text => handle.writeFile(text))
    await handle.sync()
  } catch (cause) {
    await rm(unfinished, { force: true })
    throw cause
  } finally {
    await handle.close()
  }
  await rename(unfinished, join(path, file))
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** SHA-256 of a file, in hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(file)) hash.update(part as Buffer)
  return hash.digest('hex')
}

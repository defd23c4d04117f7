// Is the archive what was archived? Its files one after the other from the first entry of all to the cut, at which the
// store goes on; then its activities against what those entries tell. The first broken place is named.

import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ActivityRecord, LogCut, LogEntry, TableScan } from '../ports.js'
import { type ArchivedFile, type ArchivedRange, archivedRanges, sha256Of } from './archive-folder.js'
import { genesisHash } from './log-chain.js'
import type { LogWalk } from './log-walk.js'

const pageLines = 500

/** What is wrong with the archive up to the cut; null where nothing is. The walk is at the cut then. */
export async function brokenArchive(
  path: string,
  cut: LogCut,
  walk: LogWalk,
  onPage: () => void,
): Promise<string | null> {
  let after = 0
  for (const range of await rangesUpTo(path, cut)) {
    if (range.fromSeq !== after + 1) break
    const broken = await brokenRange(path, range, walk, onPage)
    if (broken !== null) return broken
    after = range.toSeq
  }
  if (after !== cut.seq) return `the archive in ${path} lacks what comes behind log entry ${after}, up to ${cut.seq}`
  if (walk.previous.hash !== (cut.seq === 0 ? genesisHash : cut.hash))
    return `log entry ${cut.seq}: the archive ends with another one than the store goes on from`
  return null
}

/** What is wrong with the archived activities; null where nothing is. `expected` is what the log makes. */
export async function brokenActivities(path: string, cut: LogCut, expected: TableScan): Promise<string | null> {
  for (const { activities, afterActivityId } of await rangesUpTo(path, cut)) {
    let after = afterActivityId
    for await (const page of pagesOf<ActivityRecord>(path, activities)) {
      if (typeof page === 'string') return page
      const wanted = await expected.activities(after, page.length)
      for (const [index, found] of page.entries()) {
        if (!isSame(found, wanted[index]))
          return `${join(path, activities.file)}: activity ${after + index + 1} is not what the log tells`
      }
      after += page.length
    }
  }
  return null
}

// A part that was written, and from which the store did not go on yet, counts for nothing.
async function rangesUpTo(path: string, cut: LogCut): Promise<readonly ArchivedRange[]> {
  return (await archivedRanges(path)).filter(({ toSeq }) => toSeq <= cut.seq)
}

async function brokenRange(
  path: string,
  range: ArchivedRange,
  walk: LogWalk,
  onPage: () => void,
): Promise<string | null> {
  const { fromSeq, toSeq, log, activities } = range
  const which = `log entries ${fromSeq} to ${toSeq}`
  try {
    for await (const page of pagesOf<LogEntry>(path, log)) {
      if (typeof page === 'string') return page
      const broken = await walk.take(page)
      if (broken !== null) return `${join(path, log.file)}: ${broken}`
      onPage()
    }
    const { seq, hash } = walk.previous
    if (seq !== toSeq) return `${join(path, log.file)}: log entry ${seq + 1} is missing: the end was cut`
    if (hash !== range.hash) return `${join(path, log.file)}: log entry ${toSeq} is not the one that was archived`
    // The chain holds; white space, or the order of names, may still have been changed.
    for (const file of [log, activities]) {
      if ((await sha256Of(join(path, file.file))) !== file.sha256)
        return `${join(path, file.file)} (${which}) was changed: its SHA-256 is not that of its manifest`
    }
    return null
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    return `${(cause as NodeJS.ErrnoException).path} is missing (${which})`
  }
}

/** Lines of a file, many at a time; a sentence in their place where one is no JSON object. */
async function* pagesOf<Line>(path: string, { file }: ArchivedFile): AsyncGenerator<readonly Line[] | string> {
  let page: Line[] = []
  let number = 0
  const input = createReadStream(join(path, file))
  // Without this, a file that is not there would be an error that nobody listens to.
  await new Promise((resolve, reject) => void input.once('open', resolve).once('error', reject))
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    const line = objectIn(text)
    if (line === null) {
      yield `${join(path, file)}: line ${number} is not what was archived`
      return
    }
    page.push(line as Line) // what it holds is checked by whoever compares it: by hashes, or column by column
    if (page.length === pageLines) {
      yield page
      page = []
    }
  }
  if (page.length > 0) yield page
}

function objectIn(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

const isSame = (one: object, other: object | undefined): boolean =>
  other !== undefined && JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())

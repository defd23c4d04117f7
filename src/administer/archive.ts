// Archives what is old enough now, to the folder of the archive, and says what became of it.

import type { Config } from '../config.js'
import { OperatorError } from '../operator-error.js'
import { archive, keptDaysMin } from '../service/log/archive.js'
import { openArchiveFolder } from '../service/log/archive-folder.js'
import { print, refuse, withStore } from './store-work.js'

const dayMs = 24 * 3_600_000

interface Wanted {
  readonly days?: number
  readonly dir?: string
  readonly newFolder?: boolean
}

export async function archiveStore(config: Config, { days: given, dir, newFolder = false }: Wanted): Promise<void> {
  const days = given ?? config.logDays
  if (days === null) throw new OperatorError('how many days are to be kept? Give --days, or set LOG_DAYS')
  if (days < keptDaysMin)
    throw new OperatorError(`--days: expected ${keptDaysMin} or more, since kept answers need the log for a week`)
  const path = dir ?? config.archivePath
  const folder = openArchiveFolder(path, { isNew: newFolder })
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  await withStore(config, async ({ store }) => {
    const archived = await archive(
      {
        ...{ store, folder, keptMs: days * dayMs, now: Date.now },
        onArchived: ({ fromSeq, toSeq, lastAt }) =>
          print(`archived: log entries ${fromSeq} to ${toSeq}, up to ${new Date(lastAt).toISOString()}`),
      },
      stop.signal,
    )
    if (archived.type === 'busy') return refuse('another process is archiving this store now')
    print(`${archived.entries} log entries went to ${path}; ${stop.signal.aborted ? 'stopped before the end' : 'done'}`)
  })
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
}

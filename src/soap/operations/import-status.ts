// getImportToListStatus: how far the last import into a list is (legacy-soap-contract 3.15). Knows the words of the
// wire for it; must not know how an import goes on.

import type { Job, JobCounts, JobState } from '../../service/jobs/jobs.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds, quoted } from '../faults.js'
import type { ParamsGetImportToListStatus, Received, SuccessGetImportToListStatus } from '../messages/messages.js'

const states = {
  receiving: 'PROCESSING',
  processing: 'PROCESSING',
  cancelling: 'PROCESSING',
  complete: 'COMPLETE',
  failed: 'FAILED',
  cancelled: 'FAILED',
} as const satisfies Readonly<Record<JobState, string>>

export const presentImportState = ({ state }: Pick<Job, 'state'>): string => states[state]

export async function getImportToListStatus(
  { programName, listName }: Received<ParamsGetImportToListStatus>,
  { service }: Call,
): Promise<Answered<SuccessGetImportToListStatus>> {
  const program = (programName ?? '').trim()
  const given = (listName ?? '').trim()
  if (given === '') return faulted(faultKinds.parameterRequired, 'expected listName, got none')
  // Without a program the name is the full one.
  const name = program === '' ? given : `${program}.${given}`
  const list = await service.lists.listByName(name)
  const last = list && (await service.jobs.lastImportInto(list.id))
  if (last === undefined) {
    const what = list === undefined ? 'No list found' : 'Nothing was ever imported into the list'
    return faulted(faultKinds.listNotFound, `${what} with the name ${quoted(name)}`)
  }
  const { progress } = last
  return {
    type: 'result',
    result: {
      result: {
        status: presentImportState(last),
        startedTime: last.startedAt ?? undefined,
        endedTime: last.endedAt ?? undefined,
        estimatedTime: undefined,
        estimatedRows: last.rows,
        rowsImported: progress.imported,
        rowsFailed: progress.failed,
        rowsIgnored: progress.ignored,
        importSummary: summaryOf(last),
      },
    },
  }
}

function summaryOf({ rows, plan, progress }: Job): string {
  const { imported, failed, ignored } = progress
  const sentences = [
    `${imported} of ${rows} rows imported, ${failed} failed, ${ignored} ignored`,
    ...flagSentence(progress),
    ...plan.notes,
    ...progress.problems,
  ]
  if (progress.unsaid > 0) sentences.push(`and ${progress.unsaid} more like these`)
  return sentences.join('. ')
}

// R11.
function flagSentence({ flagsIgnored }: JobCounts): string[] {
  if (flagsIgnored === 0) return []
  const rows = flagsIgnored === 1 ? '1 row says' : `${flagsIgnored} rows say`
  return [`${rows} something about Unsubscribed, which an import never changes`]
}

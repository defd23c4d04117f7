// Checks the log of a store against its chain of hashes, and every table against the log. Changes nothing.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config.js'
import { verify } from '../service/log/verify.js'
import { openStore } from '../store/store.js'
import { print, refuse, refuseMissing, withStore } from './store-work.js'

export async function verifyStore(config: Config, { archive }: { readonly archive?: string }): Promise<void> {
  refuseMissing(config.storeUrl)
  // The log is played into an embedded store in a folder of its own; the tables must come out the same.
  const folder = await mkdtemp(join(tmpdir(), 'durable-unsubscribe-verify-'))
  const scratch = openStore(`sqlite:${join(folder, 'scratch.db')}`)
  try {
    await scratch.migrate()
    // It looks and changes nothing: a store without its schema is refused, not made.
    await withStore({ ...config, migrate: 'off' }, async ({ store }) => {
      const report = await verify(store, { scratch, archive, onProgress: showProgress })
      if (report.broken !== null) return refuse(`broken: ${report.broken}`)
      const { cut, erased } = report
      const why = erased > 0 ? `${erased} details were erased` : 'that takes the archive too (--archive DIR)'
      const tables = report.tablesCompared ? 'the tables are what the log says' : `the tables were not compared: ${why}`
      const joined = report.archiveChecked ? ', the archive joins the store at' : ', of them archived and not looked at'
      const archived = cut.seq === 0 ? '' : `${joined} ${cut.seq}`
      const [last] = await store.log({ after: report.entries - 1, limit: 1 })
      const end = last === undefined ? '' : ` to ${new Date(last.at).toISOString()}`
      const redacted = report.redacted === 0 ? '' : ` (${report.redacted} redacted by erasures)`
      print(`ok: ${report.entries} log entries${end}${redacted}${archived}, the chain holds, ${tables}`)
    })
  } finally {
    await scratch.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function showProgress(done: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${all} log entries${done === all ? '\n' : ''}`)
}

// npm run bench: what is asked for, on the program as it is now. It starts and stops things; it measures nothing.
import { spawnSync } from 'node:child_process'
import { projectRoot } from '../test/support/project.js'
import { syncLeadChart } from './chart.js'
import { measureCheck } from './check.js'
import { measureCodec } from './codec.js'
import { type Databases, provideDatabases } from './databases.js'
import { fanOutTable, measureFanOut } from './fan-out.js'
import { measureGetLead } from './get-lead.js'
import { growthTable, measureGrowth } from './growth.js'
import { measureImport } from './import.js'
import { measureManyLeads } from './many-leads.js'
import { measureMillion } from './million.js'
import { type BenchOptions, readOptions, usage } from './options.js'
import { profile } from './profile.js'
import {
  checkTable,
  codecTable,
  importTable,
  manyLeadsTable,
  millionTable,
  pointsTable,
  startTable,
  syncLeadTables,
  writeResult,
} from './report.js'
import { measureSoak, soakTable } from './soak.js'
import { measureSoapPath } from './soap-path.js'
import { measureStart } from './start.js'
import { type EngineResult, measureSyncLead } from './sync-lead.js'
import { measureWorkers } from './workers.js'

type Say = (text: string) => void
interface Measured {
  readonly text: string
  readonly result: unknown
}
type Bench = (options: BenchOptions, databases: Databases, say: Say) => Promise<Measured>

const bench =
  <Result>(
    measure: (options: BenchOptions, databases: Databases, say: Say) => Promise<Result>,
    text: (result: Result) => string,
  ): Bench =>
  async (options, databases, say) => {
    const result = await measure(options, databases, say)
    return { result, text: text(result) }
  }

const benches: Readonly<Record<string, Bench>> = {
  'sync-lead': bench(measureSyncLead, syncLeadTables),
  'many-leads': bench(measureManyLeads, manyLeadsTable),
  'get-lead': bench(measureGetLead, pointsTable),
  check: bench(measureCheck, checkTable),
  'soap-path': bench(measureSoapPath, pointsTable),
  codec: bench(measureCodec, codecTable),
  workers: bench(measureWorkers, pointsTable),
  start: bench(measureStart, startTable),
  import: bench(measureImport, importTable),
  million: bench(measureMillion, millionTable),
  soak: bench(measureSoak, soakTable),
  'fan-out': bench(measureFanOut, fanOutTable),
  growth: bench((options, _, say) => measureGrowth(options, say), growthTable),
}

// These take long, and answer other questions than whether a change made the server faster.
const byNameOnly = ['import', 'million', 'soak', 'growth', 'fan-out']

const say: Say = text => void process.stdout.write(`${text}\n`)

try {
  await run(process.argv.slice(2))
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 1
}

async function run(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return say(usage)
  const { name, options } = readOptions(args)
  const names = name === 'all' ? Object.keys(benches).filter(each => !byNameOnly.includes(each)) : [name]
  if (name !== 'profile' && benches[names[0]!] === undefined)
    throw new Error(`there is no benchmark '${name}'\n${usage}`)
  if (options.build) build()
  // Growth fills a server of its own.
  const databases = await provideDatabases(name === 'growth' ? [] : options.engines)
  try {
    if (name === 'profile') {
      await profile(options, databases, say)
      return
    }
    const results: [string, unknown][] = []
    for (const each of names) {
      const { text, result } = await benches[each]!(options, databases, progress => say(`${each}: ${progress}`))
      say(`\n${each}\n\n${text}\n`)
      results.push([each, result])
    }
    const chart = results.map(([each, result]) =>
      each === 'sync-lead' ? syncLeadChart(result as readonly EngineResult[]) : null,
    )
    say(`written to ${writeResult(name, options, Object.fromEntries(results), chart.find(Boolean) ?? null)}`)
  } finally {
    await databases.stop()
  }
}

// A benchmark of yesterday's build would be worse than none.
function build(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: projectRoot, stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed; --no-build measures dist as it is')
}

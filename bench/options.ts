// What can be chosen on the command line of the benchmarks. It knows words and numbers, and reports what is wrong.
import { parseArgs } from 'node:util'
import { type BenchEngine, benchEngines } from './databases.js'

const profiledCalls = ['sync-lead', 'get-lead', 'check-one', 'check-many'] as const
export type Profiled = (typeof profiledCalls)[number]

export interface BenchOptions {
  readonly engines: readonly BenchEngine[]
  readonly connections: readonly number[]
  readonly rounds: number
  /** At most, for each point of a round. */
  readonly seconds: number
  /** At most, for each point of a round. */
  readonly calls: number
  /** Of each file that `import` and `million` measure. */
  readonly rows: number
  /** How many make the store of `growth` large, or the address of `fan-out` crowded; null: what each says itself. */
  readonly people: number | null
  /** What the database may keep in memory, for `growth`. */
  readonly poolMib: number
  /** Processes of the server of `soak`. */
  readonly workers: number
  /** The calls that `profile` sends. */
  readonly of: Profiled
  /** Where the databases of `growth` lie, and stay for the next time; null: made anew, and removed. */
  readonly folder: string | null
  /** Whether the servers that ours is compared with are measured too. */
  readonly baselines: boolean
  /** False where what lies in dist shall be measured as it is. */
  readonly build: boolean
}

export const usage = `npm run bench -- [NAME] [options]
  NAME                 sync-lead, many-leads, get-lead, check, soap-path, codec, workers, start; all of these (default);
                       or profile, import, million (an hour), or soak (memory; with --seconds 180 or more)
  --engines LIST       mariadb,sqlite
  --connections LIST   1,16,64 (profile: the last of them)
  --rounds N           5
  --seconds N          at most so long for each point: 5
  --calls N            at most so many calls for each point: 200000
  --rows N             rows of each file: 50000 for import, 1000000 for million
  --people N           that growth fills its large store with, and fan-out its address: 1000000, 200000
  --pool-mib N         buffer pool of the database of growth: 1024
  --workers N          processes of the server of soak: 1
  --of CALLS           what profile sends: sync-lead; or get-lead, check-one, check-many
  --folder PATH        keeps the databases of growth there, for the next time
  --no-baselines       leave out the servers that ours is compared with
  --no-build           measure dist as it is`

/** @throws Error with the usage in it */
export function readOptions(args: readonly string[]): { readonly name: string; readonly options: BenchOptions } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        engines: { type: 'string', default: benchEngines.join() },
        connections: { type: 'string', default: '1,16,64' },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        calls: { type: 'string', default: '200000' },
        rows: { type: 'string' },
        people: { type: 'string' },
        'pool-mib': { type: 'string', default: '1024' },
        workers: { type: 'string', default: '1' },
        of: { type: 'string', default: profiledCalls[0] },
        folder: { type: 'string' },
        baselines: { type: 'boolean', default: true },
        build: { type: 'boolean', default: true },
      },
    })
    const { engines, connections, rounds, seconds, calls, rows, people, of, folder, baselines, build } = values
    const name = positionals[0] ?? 'all'
    return {
      name,
      options: {
        engines: engines.split(',').map(readEngine),
        connections: connections.split(',').map(text => whole('connections', text, 1_000)),
        rounds: whole('rounds', rounds, 100),
        seconds: whole('seconds', seconds, 3_600),
        calls: whole('calls', calls, 10_000_000),
        rows: whole('rows', rows ?? (name === 'million' ? '1000000' : '50000'), 5_000_000),
        people: people === undefined ? null : whole('people', people, 100_000_000),
        poolMib: whole('pool-mib', values['pool-mib'], 1_000_000),
        workers: whole('workers', values.workers, 64),
        of: readProfiled(of),
        folder: folder ?? null,
        baselines,
        build,
      },
    }
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, { cause })
  }
}

function readEngine(text: string): BenchEngine {
  const engine = benchEngines.find(name => name === text)
  if (engine === undefined) throw new Error(`--engines: expected some of ${benchEngines.join()}, got '${text}'`)
  return engine
}

function readProfiled(text: string): Profiled {
  const calls = profiledCalls.find(name => name === text)
  if (calls === undefined) throw new Error(`--of: expected one of ${profiledCalls.join()}, got '${text}'`)
  return calls
}

function whole(option: string, text: string, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= 1 && value <= most) return value
  throw new Error(`--${option}: expected a whole number from 1 to ${most}, got '${text}'`)
}

// Where the server's CPU time goes under many connections: by part of the program or package, and by function. It knows
// V8's profiles; it must not know what the functions do.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getLeadMessages, syncLeadMessages } from './calls.js'
import { apiKey, checkCalls } from './check.js'
import type { Databases } from './databases.js'
import { type Load, sendLoad } from './load.js'
import type { BenchOptions, Profiled } from './options.js'
import { resultsFolder, table } from './report.js'
import { soapPath, startServed } from './served.js'
import { prepare } from './sync-lead.js'

/** As `node --cpu-prof` writes it; times in microseconds of the machine's monotonic clock. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly samples: readonly number[]
  /** How long before each sample the one before it was taken. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

const samplingMicros = 250
const warmUpSeconds = 2
const functionsShown = 30

const loads: Readonly<Record<Profiled, () => Pick<Load, 'path' | 'headers' | 'nextBody'>>> = {
  'sync-lead': () => ({ path: soapPath, nextBody: syncLeadMessages() }),
  'get-lead': () => ({ path: soapPath, nextBody: getLeadMessages() }),
  'check-one': () => checkCalls(1),
  'check-many': () => checkCalls(1_000),
}

export async function profile(options: BenchOptions, databases: Databases, say: (text: string) => void): Promise<void> {
  const connections = options.connections.at(-1)!
  for (const engine of options.engines) {
    const folder = join(resultsFolder, `profile-${engine}`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const database = await databases.fresh(engine)
    try {
      const window = await underLoad(database.url, folder, connections, options)
      const name = readdirSync(folder).find(file => file.endsWith('.cpuprofile'))!
      const recorded: CpuProfile = JSON.parse(readFileSync(join(folder, name), 'utf8'))
      const load = `${window.calls} calls of ${options.of} over ${connections} connections`
      const title = `${engine}: ${load}, ${join(folder, name)}`
      say(`\n${title}\n\n${profileTables(recorded, window)}`)
    } finally {
      await database.drop()
    }
  }
}

interface Window {
  readonly fromMicros: number
  readonly toMicros: number
  readonly calls: number
}

async function underLoad(
  databaseUrl: string,
  folder: string,
  connections: number,
  { seconds, calls: callsMax, of }: BenchOptions,
): Promise<Window> {
  const nodeOptions = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${samplingMicros}`]
  const served = await startServed(databaseUrl, { nodeOptions, env: { BOOTSTRAP_API_KEY: apiKey } })
  const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n)
  try {
    await prepare(served, syncLeadMessages())
    const load = { port: served.port, connections, callsMax, ...loads[of]() }
    await sendLoad({ ...load, seconds: warmUpSeconds })
    const fromMicros = nowMicros()
    const { calls } = await sendLoad({ ...load, seconds })
    return { fromMicros, toMicros: nowMicros(), calls }
  } finally {
    // The profile is written as the process ends.
    await served.stop()
  }
}

/** Self time within the window: start-up and warm-up would hide what a warm server does. */
function profileTables(profile: CpuProfile, { fromMicros, toMicros, calls }: Window): string {
  const nodes = new Map(profile.nodes.map(node => [node.id, node]))
  const names = namesOf(nodes)
  const byPart = new Map<string, number>()
  const byFunction = new Map<string, number>()
  let busy = 0
  let at = profile.startTime
  profile.samples.forEach((id, index) => {
    const micros = profile.timeDeltas[index] ?? 0
    at += micros
    if (at < fromMicros || at > toMicros || nodes.get(id)!.callFrame.functionName === '(idle)') return
    const { part, place } = names.get(id)!
    add(byPart, part, micros)
    add(byFunction, `${part}: ${place}`, micros)
    busy += micros
  })
  if (busy === 0) throw new Error('no sample lies within the time of the load: do the two processes have two clocks?')
  const rows = (times: ReadonlyMap<string, number>, count: number): string[][] =>
    [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, micros]) => [name, `${((micros * 100) / busy).toFixed(1)} %`, (micros / calls).toFixed(1)])
  return [
    `${((busy * 100) / (toMicros - fromMicros)).toFixed(0)} % of one core busy`,
    table([['part', 'self', 'us/call'], ...rows(byPart, byPart.size)]),
    table([['function', 'self', 'us/call'], ...rows(byFunction, functionsShown)]),
  ].join('\n\n')
}

function add(times: Map<string, number>, name: string, micros: number): void {
  times.set(name, (times.get(name) ?? 0) + micros)
}

interface Name {
  readonly part: string
  readonly place: string
}

/** For each node of the call tree: on whose account its time is, and which function it is. */
function namesOf(nodes: ReadonlyMap<number, ProfileNode>): ReadonlyMap<number, Name> {
  const names = new Map<number, Name>()
  const visit = (id: number, callersPart: string): void => {
    const { callFrame, children = [] } = nodes.get(id)!
    const { functionName, url, lineNumber } = callFrame
    const part = partOf(functionName, url) ?? callersPart
    const file = url === '' ? 'native' : `${url.slice(url.lastIndexOf('/') + 1)}:${lineNumber + 1}`
    names.set(id, { part, place: `${functionName || '(anonymous)'} ${file}` })
    for (const child of children) visit(child, part)
  }
  const called = new Set([...nodes.values()].flatMap(({ children = [] }) => children))
  for (const id of nodes.keys()) if (!called.has(id)) visit(id, 'node: other')
  return names
}

/** A package, a folder of the program, Node's crypto or http, V8's own; null for what works for whoever called it. */
function partOf(functionName: string, url: string): string | null {
  const packageName = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (packageName !== undefined) return packageName
  const own = /\/dist\/(src\/[^/]+)/.exec(url)?.[1]
  if (own !== undefined) return own
  if (/^node:.*crypto/.test(url)) return 'node: crypto'
  if (/^node:_http/.test(url)) return 'node: http'
  return /^\((?!root|anonymous)/.test(functionName) ? functionName : null
}

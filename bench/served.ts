// The built server as a process of its own, and what it says about itself. It knows the command line and /metrics; it
// must not know what is measured.
import { join } from 'node:path'
import { projectRoot } from '../test/support/project.js'
import { benchUser } from './calls.js'
import { type RunningServer, startProgram } from './processes.js'

export interface Served extends RunningServer {
  /** Samples by name and labels as Prometheus writes them: `name_count`, `name_bucket{le="4"}`. */
  metrics(): Promise<ReadonlyMap<string, number>>
}

export const soapPath = '/soap/mktows/3_1'

export interface ServedOptions {
  /** Before the script: `--cpu-prof` and the like. */
  readonly nodeOptions?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export async function startServed(databaseUrl: string, options: ServedOptions = {}): Promise<Served> {
  const { nodeOptions = [], env = {} } = options
  const running = await startProgram({
    program: process.execPath,
    args: [...nodeOptions, join(projectRoot, 'dist/src/main.js'), 'serve'],
    env: {
      ...{ DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'warn' },
      ...{ BOOTSTRAP_SOAP_USER: benchUser.id, BOOTSTRAP_SOAP_KEY: benchUser.key },
      ...env,
    },
    listening: / listens on http:\/\/[^ ]*:(\d+)/,
  })
  return {
    ...running,
    metrics: async () => parseMetrics(await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text()),
  }
}

function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ')
    if (!line.startsWith('#') && end > 0) samples.set(line.slice(0, end), Number(line.slice(end + 1)))
  }
  return samples
}

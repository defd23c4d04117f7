// The built server as a process of its own, and what it says about itself. It knows the command line and /metrics; it
// must not know what is measured.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { leaveLastWill } from '../test/support/last-will.js'
import { projectRoot } from '../test/support/project.js'
import { benchUser } from './calls.js'

export interface Served {
  readonly port: number
  /** Samples by name and labels as Prometheus writes them: `name_count`, `name_bucket{le="4"}`. */
  metrics(): Promise<ReadonlyMap<string, number>>
  /** SIGTERM; resolves once the process is gone. */
  stop(): Promise<void>
}

export const soapPath = '/soap/mktows/3_1'

const startsWithinMs = 30_000

/** `nodeOptions` go before the script: `--cpu-prof` and the like. It dies with this process, however that ends. */
export async function startServed(databaseUrl: string, nodeOptions: readonly string[] = []): Promise<Served> {
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, [...nodeOptions, join(projectRoot, 'dist/src/main.js'), 'serve'], {
    cwd: projectRoot,
    env: {
      ...{ PATH, HOME, TMPDIR },
      ...{ DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'warn' },
      ...{ BOOTSTRAP_SOAP_USER: benchUser.id, BOOTSTRAP_SOAP_KEY: benchUser.key },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const will = leaveLastWill('kill -s KILL "$1"', `${child.pid}`)
  const exited = once(child, 'exit')
  const url = await listeningUrl(createInterface({ input: child.stdout }), exited)
  return {
    port: Number(new URL(url).port),
    metrics: async () => parseMetrics(await (await fetch(`${url}/metrics`)).text()),
    async stop() {
      child.kill('SIGTERM')
      await exited
      will.revoke()
    },
  }
}

async function listeningUrl(lines: AsyncIterable<string> & { close(): void }, exited: Promise<unknown>) {
  const impatient = setTimeout(() => lines.close(), startsWithinMs)
  void exited.then(() => lines.close())
  for await (const line of lines) {
    const url = / listens on (http:\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    clearTimeout(impatient)
    return url
  }
  throw new Error('the server did not say where it listens; what it said instead is above')
}

function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ')
    if (!line.startsWith('#') && end > 0) samples.set(line.slice(0, end), Number(line.slice(end + 1)))
  }
  return samples
}

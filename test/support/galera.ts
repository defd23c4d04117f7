// A Galera cluster of three nodes in a folder of its own, whose nodes tests may kill and bring back. It knows the tool
// that starts them; it must not know our schema. Ask `requires(t, 'galera')` first.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { leaveLastWill } from './last-will.js'
import { galeraClusterTool } from './requirements.js'

export interface GaleraCluster {
  /** One URL that names the nodes in this order. */
  url(database: string, ...nodes: readonly NodeNumber[]): string
  /** SIGKILL. */
  kill(node: NodeNumber): Promise<void>
  /** Resolves once it has joined and caught up. */
  rejoin(node: NodeNumber): Promise<void>
}

export type NodeNumber = 1 | 2 | 3

/** Stopped and removed when the test is over. */
export async function startGalera(t: Test): Promise<GaleraCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-unsubscribe-galera-'))
  const environment = {
    ...process.env,
    GALERA_HOME: join(folder, 'nodes'),
    GALERA_PORT: String(firstPort + (process.pid % portBlocks) * portsOfCluster),
  }
  const tool = async (...given: string[]): Promise<string> =>
    (await promisify(execFile)(galeraClusterTool, given, { env: environment })).stdout
  // The nodes run as another user, who must get at its folder.
  await promisify(execFile)('chmod', ['755', folder])
  const will = leaveLastWill(
    'for pid in "$1"/nodes/*/pid; do kill -s KILL "$(cat "$pid")"; done; sleep 1; rm -rf "$1"',
    folder,
  )
  t.teardown(async () => {
    await tool('stop')
    await rm(folder, { recursive: true, force: true })
    will.revoke()
  })
  const urls = (await tool('start')).trim().split('\n')
  const hostOf = (node: NodeNumber): string => new URL(urls[node - 1] ?? '').host
  return {
    url: (database, ...nodes) => `mysql://app:app@${nodes.map(hostOf).join(',')}/${database}`,
    kill: async node => void (await tool('kill', String(node))),
    rejoin: async node => void (await tool('node', String(node))),
  }
}

// The tool takes ports from the first one on, up to some 130 behind it; two runs at once should not meet.
const firstPort = 21_000
const portsOfCluster = 150
const portBlocks = 60

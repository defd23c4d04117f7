// A cluster of three nodes below the server: a node dies by SIGKILL under load and comes back, and several servers
// write to several nodes. Nothing that was acknowledged is lost, and all nodes have the same log. Then, step by step:
// batches that have read what another node changes meanwhile.
// FAULT_SEED repeats a run, FAULT_ROUNDS says how many nodes are killed.
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.js'
import { type GaleraCluster, type NodeNumber, startGalera } from '../support/galera.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, startServerChild } from '../support/server-child.js'
import { inStore, isVerified, readLog } from '../support/store-inspection.js'
import { drawFrom } from '../support/xml-mutants.js'
import { Caller, compareWithLog } from './mixed-load.js'
import { raceOnNodes } from './node-races.js'

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 0x100000000))
/** How often a node is killed. */
const rounds = Number(process.env.FAULT_ROUNDS ?? 2)
const callersCount = 8
const answersEach = 150
const deadlines = { STATEMENT_MS: '5000', PATIENCE_MS: '15000' }

t.setTimeout(900_000)

t.test(`a cluster loses nodes under load, and no acknowledged command (FAULT_SEED=${seed})`, async t => {
  if (!requires(t, 'galera')) return
  const cluster = await startGalera(t)
  const plain = await createConnection(cluster.url('', 1).replace(/\/$/, ''))
  await plain.query('create database durable')
  await plain.end()

  await t.test('the node that is written to is killed, the next one takes over, and it rejoins', async t => {
    const databaseUrl = cluster.url('durable', 1, 2, 3)
    const server = await startServerChild(t, { databaseUrl, env: deadlines })
    const load = startLoad([server], 'failover')
    for (let round = 0; round < rounds; round++) {
      // The first node that lives is the one in use: 1, then 2 once 1 is back but still avoided, as it may be.
      const node: NodeNumber = round % 2 === 0 ? 1 : 2
      await load.more(answersEach)
      await cluster.kill(node)
      await load.more(answersEach)
      await cluster.rejoin(node)
    }
    await load.more(answersEach)
    await load.end()

    await isAsTold(t, cluster, load.callers, [server])
    t.same(await server.stop(), { code: 0, signal: null })
    t.same(defectsOf(server), [], 'what it logged as errors was the absence of a node alone')
  })

  await t.test('servers that write to different nodes get in each other’s way, and no caller notices', async t => {
    const servers = await Promise.all(
      (
        [
          [1, 2, 3],
          [2, 3, 1],
        ] as const
      ).map(nodes => startServerChild(t, { databaseUrl: cluster.url('durable', ...nodes), env: deadlines })),
    )
    const load = startLoad(servers, 'writers')
    await load.more(answersEach * 2)
    await load.end()

    await isAsTold(t, cluster, load.callers, servers)
    for (const server of servers) t.same(defectsOf(server), [])
  })

  await t.test('what a batch has read holds until it commits, whatever comes from another node', t =>
    raceOnNodes(t, cluster.url),
  )
})

interface Load {
  readonly callers: readonly Caller[]
  /** Resolves when so many more calls were answered. */
  more(count: number): Promise<void>
  end(): Promise<void>
}

function startLoad(servers: readonly ServerChild[], name: string): Load {
  const callers = Array.from(
    { length: callersCount },
    (_, index) => new Caller(`${name}-${index}`, drawFrom(seed + index)),
  )
  const acknowledged = (): number => callers.reduce((sum, caller) => sum + caller.acknowledged, 0)
  let isOver = false
  const running = Promise.all(
    callers.map((caller, index) => caller.run(servers[index % servers.length]!.client(), () => isOver)),
  )
  return {
    callers,
    async more(count) {
      const enough = acknowledged() + count
      await Promise.race([running, eventually(() => acknowledged() >= enough, { withinMs: 120_000, what: 'answers' })])
    },
    async end() {
      isOver = true
      await running
    },
  }
}

async function isAsTold(
  t: Test,
  cluster: GaleraCluster,
  callers: readonly Caller[],
  servers: readonly ServerChild[],
): Promise<void> {
  const nodes = ([1, 2, 3] as const).map(node => cluster.url('durable', node))
  const callsCount = callers.reduce((sum, caller) => sum + caller.calls.length, 0)
  const { lost, doubled } = compareWithLog(callers, await readLog(nodes[0]!))
  t.same({ lost, doubled }, { lost: [], doubled: [] }, `${callsCount} calls are in the log as they were answered`)
  const losses = await Promise.all(callers.map(caller => caller.findLosses(servers[0]!.client())))
  t.same(losses.flat(), [], 'everybody has the state of its last acknowledged call')
  const heads = await Promise.all(nodes.map(url => inStore(url, store => store.head())))
  t.same(heads, [heads[0], heads[0], heads[0]], 'all nodes have the same log')
  await isVerified(t, nodes[2]!, 'the node that was never killed')
}

function defectsOf(server: ServerChild): string[] {
  return server.errors().filter(line => !/"(?:StoreUnavailable|CommitUnknown)"/.test(line))
}

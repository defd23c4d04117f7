// Real batches as lists of statements: the service and its store in this process, fed with the messages that callers
// send, overheard on their way to the database. It knows how to put the server's parts together; it must not know how
// the statements are used.
import { join } from 'node:path'
import { Credentials } from '../src/service/access/credentials.js'
import { createSeal } from '../src/service/access/seal.js'
import { Fields } from '../src/service/fields.js'
import { addressHasher } from '../src/service/log/log-chain.js'
import { GroupCommit } from '../src/service/writes/group-commit.js'
import { createEndpoint } from '../src/soap/endpoint.js'
import { loadContracts } from '../src/soap/wsdl/contracts.js'
import type { OnStatement } from '../src/store/engine.js'
import { openStore, type Store } from '../src/store/store.js'
import { projectRoot } from '../test/support/project.js'
import { addressCount, benchUser, manyLeadsMessages, syncLeadMessages } from './calls.js'

export interface Statement {
  readonly sql: string
  readonly bindings: readonly unknown[]
}

/** One transaction, from BEGIN to COMMIT. */
export type Batch = readonly Statement[]

export interface Recording {
  /** What fills an empty schema with the people. */
  readonly seed: readonly Batch[]
  /** Batches by the number of commands in each, in the order in which they were carried out. */
  readonly sizes: ReadonlyMap<number, readonly Batch[]>
}

/** What is sent while it is recorded. */
export interface Script {
  readonly nextMessage: () => string
  /** Calls sent together, until everybody is there. */
  readonly seed: readonly number[]
  /** Calls sent together, each time as one batch of so many commands; and how many such batches. */
  readonly batches: readonly { readonly calls: number; readonly commands: number; readonly count: number }[]
}

/** Single calls; batches of each size enough for about a second of replay each on an ordinary machine. */
export const syncLeadScript = (): Script => ({
  nextMessage: syncLeadMessages(),
  // One more than there are people, so that ids for new ones are in stock and no batch that counts has to fetch any.
  seed: [...Array.from({ length: 8 }, () => addressCount / 8), 256],
  batches: [
    { calls: 256, commands: 256, count: 60 },
    { calls: 64, commands: 64, count: 150 },
    { calls: 16, commands: 16, count: 300 },
    { calls: 1, commands: 1, count: 1_000 },
  ],
})

/** Calls of many leads, each of them a batch. */
export const manyLeadsScript = (leads: number): Script => ({
  nextMessage: manyLeadsMessages(leads),
  seed: Array.from({ length: Math.ceil(addressCount / leads) + 1 }, () => 1),
  batches: [{ calls: 1, commands: leads, count: 60 }],
})

/** Fills the empty database at `databaseUrl` while it records. */
export async function record(databaseUrl: string, { nextMessage, seed, batches }: Script): Promise<Recording> {
  const overheard = new Overheard()
  const store = openStore(databaseUrl, { onStatement: overheard.hear })
  try {
    await store.migrate()
    const send = await sender(store)
    const batchesOf = async (calls: number, count: number): Promise<readonly Batch[]> => {
      overheard.take()
      for (let batch = 0; batch < count; batch++) await send(Array.from({ length: calls }, nextMessage))
      return overheard.take()
    }
    const seeded: Batch[] = []
    for (const calls of seed) seeded.push(...(await batchesOf(calls, 1)))
    const sizes = new Map<number, readonly Batch[]>()
    for (const { calls, commands, count } of batches) {
      const recorded = await batchesOf(calls, count)
      // A batch more or less would mean that the group commit cut them otherwise, and the rates would mean nothing.
      if (recorded.length !== count) throw new Error(`expected ${count} batches, recorded ${recorded.length}`)
      sizes.set(commands, recorded)
    }
    return { seed: seeded, sizes }
  } finally {
    await store.close()
  }
}

/** A function that carries out all the messages at once, as one batch. */
async function sender(store: Store): Promise<(messages: readonly string[]) => Promise<void>> {
  const seal = createSeal(null)
  await new Credentials(store, seal).addSoap(benchUser.id, 'writer', benchUser.key)
  // Answered from memory: a call that had to wait for the store would come too late for its batch.
  const known = await store.credentialById(benchUser.id)
  const credentials = new Credentials({ ...store, credentialById: async () => known }, seal)
  const writes = new GroupCommit(store, {
    hashAddress: addressHasher(Buffer.from('a key for benchmarks')),
    events: { batch() {}, command() {}, retry() {}, defect() {} },
  })
  const fields = await Fields.load(store, { acceptUnknown: false })
  const endpoint = createEndpoint({
    service: { writes, reads: store, fields, credentials, lists: store, flows: store, jobs: store },
    face: {
      source: 'SOAP API',
      defaultReason: 'SOAP API',
      policy: { resubscribe: 'compatible', addressChange: 'reset' },
    },
    signatureWindowMs: 24 * 3600 * 1000,
    now: Date.now,
    observer: { called() {}, refused() {}, defect: cause => process.stderr.write(`${String(cause)}\n`) },
  })
  const contract = (await loadContracts(join(projectRoot, 'wsdl'))).get('3_1')!
  return async messages => {
    const replies = await Promise.all(
      messages.map(message => endpoint.answer(contract, { body: Buffer.from(message), requestId: 'bench' })),
    )
    const refused = replies.find(reply => reply.status !== 200)
    if (refused !== undefined) throw new Error(`a call was refused:\n${refused.body}`)
  }
}

/** Puts what goes to the server in one packet into one statement, so that it is replayed in as many round trips. */
export function byPackets(tell: (statement: Statement) => void): OnStatement {
  let packet: Statement[] = []
  return (sql, bindings, goesOn = false) => {
    packet.push({ sql, bindings })
    if (goesOn) return
    const whole = packet
    packet = []
    tell({ sql: whole.map(each => each.sql).join('; '), bindings: whole.flatMap(each => each.bindings) })
  }
}

/** Keeps what is said between BEGIN and COMMIT; all else (looking up who calls) belongs to no batch. */
class Overheard {
  #batches: Batch[] = []
  #open: Statement[] | null = null

  readonly hear = byPackets(statement => {
    if (statement.sql.startsWith('BEGIN')) this.#open = []
    this.#open?.push(statement)
    if (!statement.sql.startsWith('COMMIT') || this.#open === null) return
    this.#batches.push(this.#open)
    this.#open = null
  })

  take(): readonly Batch[] {
    const batches = this.#batches
    this.#batches = []
    return batches
  }
}

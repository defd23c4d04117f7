// Real batches as lists of statements: the service and its store in this process, fed with the messages that callers
// send, overheard on their way to the database. It knows how to put the server's parts together; it must not know how
// the statements are used.
import { join } from 'node:path'
import { Credentials } from '../src/service/credentials.js'
import { Fields } from '../src/service/fields.js'
import { GroupCommit } from '../src/service/group-commit.js'
import { addressHasher } from '../src/service/log-chain.js'
import { createSeal } from '../src/service/seal.js'
import { loadContracts } from '../src/soap/contracts.js'
import { createEndpoint } from '../src/soap/endpoint.js'
import { openStore, type Store } from '../src/store/store.js'
import { projectRoot } from '../test/support/project.js'
import { addressCount, benchUser, syncLeadMessages } from './calls.js'

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

/** Batches of each size: enough for about a second of replay each on an ordinary machine. */
const batchCounts: ReadonlyMap<number, number> = new Map([
  [256, 60],
  [64, 150],
  [16, 300],
  [1, 1_000],
])

export const recordedSizes: readonly number[] = [...batchCounts.keys()]

/** Fills the empty database at `databaseUrl` while it records. */
export async function record(databaseUrl: string): Promise<Recording> {
  const overheard = new Overheard()
  const store = openStore(databaseUrl, { onStatement: overheard.hear })
  try {
    await store.migrate()
    const send = await sender(store)
    const nextMessage = syncLeadMessages()
    const batchesOf = async (size: number, count: number): Promise<readonly Batch[]> => {
      overheard.take()
      for (let batch = 0; batch < count; batch++) await send(Array.from({ length: size }, nextMessage))
      return overheard.take()
    }
    const people = await batchesOf(250, addressCount / 250)
    // One more, so that ids for new people are in stock and no batch that counts has to fetch any.
    const seed = [...people, ...(await batchesOf(256, 1))]
    const sizes = new Map<number, readonly Batch[]>()
    for (const [size, count] of batchCounts) {
      const batches = await batchesOf(size, count)
      // A batch more or less would mean that the group commit cut them otherwise, and the rates would mean nothing.
      if (batches.length !== count) throw new Error(`expected ${count} batches of ${size}, recorded ${batches.length}`)
      sizes.set(size, batches)
    }
    return { seed, sizes }
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

/** Keeps what is said between BEGIN and COMMIT; all else (looking up who calls) belongs to no batch. */
class Overheard {
  #batches: Batch[] = []
  #open: Statement[] | null = null

  readonly hear = (sql: string, bindings: readonly unknown[]): void => {
    if (sql.startsWith('BEGIN')) this.#open = []
    this.#open?.push({ sql, bindings })
    if (!sql.startsWith('COMMIT') || this.#open === null) return
    this.#batches.push(this.#open)
    this.#open = null
  }

  take(): readonly Batch[] {
    const batches = this.#batches
    this.#batches = []
    return batches
  }
}

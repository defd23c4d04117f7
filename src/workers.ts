// Several processes behind one port: the primary starts the workers, starts another for one that died, rolls them on
// SIGHUP and ends them on SIGTERM. It serves nothing itself; each worker is a whole server on the same store.

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from './config.js'
import type { Logger } from './http/logger.js'
import { answerForWorkers } from './http/worker-metrics.js'

/** What a worker tells the primary once it accepts connections. */
interface Listening {
  readonly type: 'listening'
  readonly url: string
  readonly adminUrl: string | null
}

export interface WorkerGroup {
  /** Where the workers listen. */
  readonly url: string
  readonly adminUrl: string | null
  /** Replaces one worker after the other: the new one listens before the old one stops accepting. */
  roll(): Promise<void>
  /** Ends all of them; each finishes what it has within DRAIN_MS. */
  close(): Promise<void>
}

// A worker that dies at once would otherwise be started again without a pause, for ever.
const restartPauseMs = (deathsInARow: number): number => Math.min(100 * 2 ** deathsInARow, 10_000)
const steadyAfterMs = 30_000
// Beyond the time that a worker gives its own calls, before it is ended by force.
const endsWithinMs = 5_000

/** True in a process that a primary started. */
export const isWorker = (): boolean => cluster.isWorker

/** In a worker: tells the primary that it listens, and ends when the primary is gone. */
export function reportListening({ url, adminUrl }: Omit<Listening, 'type'>, stop: () => void): void {
  process.send?.({ type: 'listening', url, adminUrl } satisfies Listening)
  // Nobody would restart or end it any more, and its port is held by nobody.
  process.once('disconnect', stop)
}

/**
 * Starts the workers and resolves once all of them listen.
 * @throws Error when the first one ends before it listens; what it said is on stderr
 */
export async function startWorkers(config: Config, logger: Logger): Promise<WorkerGroup> {
  // The workers accept by themselves. A primary that hands connections out would keep the one that it was just handing
  // to a worker that died, open and answered by nobody.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const group = new Workers(config, logger)
  // The first alone, so that what is wrong for all of them is said once.
  const { url, adminUrl } = await group.start()
  for (let count = 1; count < config.workers; count++) await group.start()
  answerForWorkers()
  return { url, adminUrl, roll: () => group.roll(), close: () => group.close() }
}

class Workers {
  readonly #config: Config
  readonly #logger: Logger
  /** Who should be there. Whoever ends and is not among them was meant to. */
  readonly #expected = new Set<Worker>()
  #deathsInARow = 0
  #isClosing = false
  #rolling: Promise<void> = Promise.resolve()

  constructor(config: Config, logger: Logger) {
    this.#config = config
    this.#logger = logger
  }

  async start(): Promise<Omit<Listening, 'type'>> {
    const worker = cluster.fork()
    const startedAt = Date.now()
    const listening = await hasStarted(worker)
    this.#expected.add(worker)
    worker.once('exit', (code, signal) => {
      if (!this.#expected.delete(worker) || this.#isClosing) return
      this.#deathsInARow = Date.now() - startedAt > steadyAfterMs ? 0 : this.#deathsInARow + 1
      this.#logger.error({ workerPid: worker.process.pid, code, signal }, 'a worker died; another one is started')
      void this.#replace()
    })
    return listening
  }

  /** One after the other, and never two rolls at once. */
  roll(): Promise<void> {
    this.#rolling = this.#rolling.then(async () => {
      for (const worker of [...this.#expected]) {
        if (this.#isClosing || !this.#expected.has(worker)) continue
        try {
          await this.start()
        } catch (cause) {
          this.#logger.error({ err: cause }, 'the workers stay as they are: a new one could not start')
          return
        }
        this.#expected.delete(worker)
        await this.#end(worker)
      }
      this.#logger.info({ workers: this.#expected.size }, 'the workers were replaced')
    })
    return this.#rolling
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const workers = Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined)
    await Promise.all(workers.map(worker => this.#end(worker)))
  }

  async #replace(): Promise<void> {
    while (!this.#isClosing) {
      await delay(restartPauseMs(this.#deathsInARow))
      if (this.#isClosing) return
      try {
        await this.start()
        return
      } catch (cause) {
        this.#deathsInARow++
        this.#logger.error({ err: cause }, 'a worker could not start; it is tried again')
      }
    }
  }

  async #end(worker: Worker): Promise<void> {
    if (worker.isDead()) return
    const ended = once(worker, 'exit')
    worker.process.kill('SIGTERM')
    const forced = setTimeout(() => worker.process.kill('SIGKILL'), this.#config.drainMs + endsWithinMs)
    await ended
    clearTimeout(forced)
  }
}

function hasStarted(worker: Worker): Promise<Omit<Listening, 'type'>> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null): void =>
      reject(new Error(`a worker ended before it listened (${signal ?? `exit code ${code}`})`))
    worker.once('exit', onExit)
    worker.on('message', (message: Partial<Listening> | null) => {
      if (message?.type !== 'listening' || message.url === undefined) return
      const { url, adminUrl = null } = message
      worker.off('exit', onExit)
      resolve({ url, adminUrl })
    })
  })
}

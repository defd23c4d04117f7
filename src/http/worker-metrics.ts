// The metrics of all workers as one text, whichever of them is asked: the asked one asks the primary, which collects
// from all. It knows prom-client's collecting over processes; it must not know what is counted.

import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'

interface Question {
  readonly type: 'metrics?'
  readonly id: number
}

interface Collected {
  readonly type: 'metrics'
  readonly id: number
  readonly text: string | null
}

// The collecting itself gives up after five seconds.
const answersWithinMs = 10_000

/** In the primary: collects for whichever worker asks. */
export function answerForWorkers(): void {
  const collector = new AggregatorRegistry()
  cluster.on('message', (worker: Worker, message: Partial<Question> | null) => {
    if (message?.type !== 'metrics?' || message.id === undefined) return
    const { id } = message
    const answer = (text: string | null): void => {
      if (worker.isConnected()) worker.send({ type: 'metrics', id, text } satisfies Collected)
    }
    collector.clusterMetrics().then(answer, () => answer(null))
  })
}

/** In a worker: reads the metrics of all of them. Rejects where the primary does not answer. */
export function readOverWorkers(register: Registry): () => Promise<string> {
  // Its maker also listens for the primary's collecting.
  new AggregatorRegistry()
  AggregatorRegistry.setRegistries(register)
  let lastId = 0
  return () =>
    new Promise((resolve, reject) => {
      const id = ++lastId
      const end = (): void => {
        clearTimeout(timer)
        process.off('message', onMessage)
      }
      const onMessage = (message: Partial<Collected> | null): void => {
        if (message?.type !== 'metrics' || message.id !== id) return
        end()
        if (typeof message.text === 'string') resolve(message.text)
        else reject(new Error('the metrics of the workers could not be collected'))
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error('the primary process does not answer'))
      }, answersWithinMs)
      process.on('message', onMessage)
      process.send?.({ type: 'metrics?', id } satisfies Question)
    })
}

// What the operator can watch, as Prometheus reads it. It takes plain words and numbers, so that nobody has to know
// it to be counted; `main` ties it to what happens.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { readOverWorkers } from './worker-metrics.js'

export interface Metrics {
  /** `outcome`: how a command was answered (carried-out, replayed, rejected ...), or `defect`. */
  command(kind: string, outcome: string, ms: number): void
  batch(size: number, ms: number): void
  storeRetry(): void
  slowStatement(): void
  /** `faultCode` is null for a call that was answered without a fault. */
  soapCall(operation: string, faultCode: string | null, ms: number): void
  /** `route` is the pattern of the route, never the path, which may hold an address. */
  httpRequest(route: string, method: string, status: number): void
  /** An element that no version of the contract knows, and that was passed over. */
  unknownElement(name: string): void
  /** Mail that a check stopped and that could not be put on record. */
  attemptsLost(count: number): void
  /** One message that was sent to a webhook: it was delivered, or refused with a status, or not answered. */
  webhookMessage(result: 'delivered' | 'refused' | 'unanswered'): void
  /** Where the number of waiting commands is read from, each time somebody looks. */
  watchQueue(waiting: () => number): void
  /** Where the work in the background is counted; a store that does not answer in time counts as down. */
  watchBacklog(look: () => Promise<WaitingWork>): void
  /** The text that Prometheus scrapes, and its content type. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>
}

export interface WaitingWork {
  /** By the name of the kind of work. */
  readonly waiting: Readonly<Record<string, number>>
  /** Log entries that the hindmost webhook has not looked at. */
  readonly webhookLag: number
  /** How long the oldest change has waited that an active webhook was not told of yet. */
  readonly webhookOldestMs: number
  /** For how long the first message of Salesforce waits to be worked off. */
  readonly salesforceInboxMs: number
}

const prefix = 'durable_unsubscribe_'
// A batch takes about a millisecond on fast disks; past ten seconds the store is down, not slow.
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const sizeBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
// Callers choose these names; each distinct one costs memory for ever, here and in Prometheus.
const unknownNamesMax = 100
const unknownNameLengthMax = 64

export interface MetricsOptions {
  /** One of several processes behind one port: what is read is the sum of all of them. */
  readonly isWorker?: boolean
}

export function createMetrics({ isWorker = false }: MetricsOptions = {}): Metrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: prefix + name, help, labelNames, registers: [register] })
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram =>
    new Histogram({ name: prefix + name, help, buckets, labelNames, registers: [register] })

  const commands = counter('commands_total', 'Commands answered, by kind and outcome.', ['kind', 'outcome'])
  const commandSeconds = histogram('command_seconds', 'From arrival to answer.', secondsBuckets, ['kind'])
  const batchSize = histogram('batch_size', 'Commands in one transaction.', sizeBuckets)
  const batchSeconds = histogram('batch_seconds', 'From the start of a batch to its commit.', secondsBuckets)
  const retries = counter('store_retries_total', 'Transactions that were tried again.')
  const slowStatements = counter('slow_statements_total', 'Statements that took SLOW_STATEMENT_MS or longer.')
  const soapCalls = counter('soap_calls_total', 'SOAP calls; fault_code is empty for success.', [
    'operation',
    'fault_code',
  ])
  const soapSeconds = histogram('soap_call_seconds', 'From the request to its answer.', secondsBuckets, ['operation'])
  const requests = counter('http_requests_total', 'JSON requests.', ['route', 'method', 'status'])
  const unknownElements = counter('unknown_elements_total', 'Elements that were passed over.', ['name'])
  const attemptsLost = counter('blocked_attempts_lost_total', 'Blocked mail that could not be put on record.')
  const webhookMessages = counter('webhook_messages_total', 'Messages sent to webhooks, by result.', ['result'])
  const unknownNames = new Set<string>()

  const readAll = isWorker ? readOverWorkers(register) : () => register.metrics()

  // To look a sample up by its labels costs more than to count with it. There are few, and all of our own making.
  const commandsOf = samples((kind, outcome) => commands.labels(kind, outcome))
  const commandSecondsOf = samples(kind => commandSeconds.labels(kind))
  const soapCallsOf = samples((operation, faultCode) => soapCalls.labels(operation, faultCode))
  const soapSecondsOf = samples(operation => soapSeconds.labels(operation))

  return {
    command(kind, outcome, ms) {
      commandsOf(kind, outcome).inc()
      commandSecondsOf(kind, '').observe(ms / 1000)
    },
    batch(size, ms) {
      batchSize.observe(size)
      batchSeconds.observe(ms / 1000)
    },
    storeRetry: () => retries.inc(),
    slowStatement: () => slowStatements.inc(),
    soapCall(operation, faultCode, ms) {
      soapCallsOf(operation, faultCode ?? '').inc()
      soapSecondsOf(operation, '').observe(ms / 1000)
    },
    httpRequest: (route, method, status) => requests.inc({ route, method, status: String(status) }),
    unknownElement(name) {
      const isNew = !unknownNames.has(name)
      const isTooMuch = isNew && (unknownNames.size >= unknownNamesMax || name.length > unknownNameLengthMax)
      if (isNew && !isTooMuch) unknownNames.add(name)
      unknownElements.inc({ name: isTooMuch ? '(other)' : name })
    },
    attemptsLost: count => attemptsLost.inc(count),
    webhookMessage: result => webhookMessages.inc({ result }),
    watchQueue(waiting) {
      const gauge: Gauge = new Gauge({
        name: `${prefix}queue_waiting`,
        help: 'Commands that wait for a batch.',
        registers: [register],
        collect: () => gauge.set(waiting()),
      })
    },
    watchBacklog(look) {
      const shared = sharedLook(look)
      const gauge = (
        name: string,
        help: string,
        labelNames: string[],
        show: (gauge: Gauge, found: WaitingWork) => void,
      ) => {
        const shown: Gauge = new Gauge({
          ...{ name: prefix + name, help, labelNames, registers: [register] },
          // Every process counts the same store.
          aggregator: 'max',
          async collect() {
            const found = await shared()
            if (found === null) shown.reset()
            else show(shown, found)
          },
        })
      }
      gauge(
        'background_waiting',
        'What waits to be done behind the faces, by kind.',
        ['work'],
        (shown, { waiting }) => {
          for (const [work, count] of Object.entries(waiting)) shown.set({ work }, count)
        },
      )
      gauge('webhook_lag', 'Log entries that the hindmost active webhook has not looked at.', [], (shown, found) =>
        shown.set(found.webhookLag),
      )
      gauge(
        'webhook_oldest_undelivered_seconds',
        'Age of the oldest change that an active webhook was not told of yet; 0 where there is none.',
        [],
        (shown, found) => shown.set(found.webhookOldestMs / 1000),
      )
      gauge(
        'salesforce_inbox_age_seconds',
        'For how long the first message of Salesforce waits to be worked off.',
        [],
        (shown, found) => shown.set(found.salesforceInboxMs / 1000),
      )
      const up: Gauge = new Gauge({
        ...{ name: `${prefix}store_up`, help: 'Whether the store answers: 1, or 0.', registers: [register] },
        aggregator: 'min',
        collect: async () => up.set((await shared()) === null ? 0 : 1),
      })
    },
    read: async () => ({ contentType: register.contentType, text: await readAll() }),
  }
}

function samples<Sample>(make: (first: string, second: string) => Sample): (first: string, second: string) => Sample {
  const known = new Map<string, Map<string, Sample>>()
  return (first, second) => {
    const group = known.get(first) ?? new Map<string, Sample>()
    known.set(first, group)
    const sample = group.get(second) ?? make(first, second)
    group.set(second, sample)
    return sample
  }
}

// Below what a scrape may take.
const lookTakesAtMostMs = 3_000
const lookIsGoodForMs = 1_000

/** One look for all that are asked at the same time; null where it fails or takes too long. */
function sharedLook(look: () => Promise<WaitingWork>): () => Promise<WaitingWork | null> {
  let last: { readonly until: number; readonly found: Promise<WaitingWork | null> } | null = null
  return () => {
    const now = Date.now()
    if (last !== null && last.until > now) return last.found
    const late = new Promise<null>(resolve => setTimeout(resolve, lookTakesAtMostMs, null).unref())
    last = { until: now + lookIsGoodForMs, found: Promise.race([look().catch(() => null), late]) }
    return last.found
  }
}

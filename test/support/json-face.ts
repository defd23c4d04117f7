// The JSON face as its callers meet it: a real server on a free port, the real group commit, a store in memory. It
// knows how to ask; what the answers must be is said by the tests.
import type { Test } from 'tap'
import type { Policy } from '../../src/domain/command.js'
import type { readBody } from '../../src/http/body.js'
import { createLogger } from '../../src/http/logger.js'
import { createMetrics, type Metrics } from '../../src/http/metrics.js'
import { createHttpServer, type HttpServer } from '../../src/http/server.js'
import { createJsonApp } from '../../src/rest/app.js'
import { jsonFace } from '../../src/rest/face.js'
import { Credentials } from '../../src/service/access/credentials.js'
import type { FailedAttempts } from '../../src/service/access/failed-attempts.js'
import { createOneClick } from '../../src/service/access/one-click.js'
import { createSeal } from '../../src/service/access/seal.js'
import { ChangeFeed } from '../../src/service/changes/change-feed.js'
import { Fields } from '../../src/service/fields.js'
import type { Readiness, Service } from '../../src/service/service.js'
import { Settings } from '../../src/service/settings.js'
import { GroupCommit, type GroupCommitLimits } from '../../src/service/writes/group-commit.js'
import { aHashAddress } from './builders.js'
import { checksOver, tracesOver } from './checks.js'
import { memoryPrivacy } from './memory-privacy.js'
import { noSalesforce } from './memory-salesforce.js'
import { snapshotsOf } from './memory-snapshots.js'
import { createMemoryStore, type MemoryStore } from './memory-store.js'
import { someWebhooks } from './memory-webhooks.js'

export interface Asked {
  /** Whose key goes along; null for none. A writer's unless told. */
  readonly as?: 'reader' | 'writer' | 'admin' | null
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes go as they are, all else as JSON. */
  readonly body?: unknown
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined where there is none. */
  readonly json: Record<string, unknown>
}

export interface JsonFace {
  readonly url: string
  readonly store: MemoryStore
  readonly writes: GroupCommit
  readonly server: HttpServer
  readonly metrics: Metrics
  readonly fields: Fields
  readonly changes: ChangeFeed
  /** Everything that was logged, as one text. */
  logged(): string
  ask(method: string, path: string, asked?: Asked): Promise<Answered>
}

export interface JsonFaceOptions {
  readonly store?: MemoryStore
  readonly limits?: Partial<GroupCommitLimits>
  readonly bodyLimits?: Parameters<typeof readBody>[1]
  readonly readiness?: () => Promise<Readiness>
  readonly failedAttempts?: FailedAttempts
  /** What its commands are decided under; that of a new server unless told. */
  readonly policy?: Policy
  /** Takes the place of parts of the service. */
  readonly service?: Partial<Service>
}

const keys = { reader: 'reader-key', writer: 'writer-key', admin: 'admin-key' } as const

/** Starts the face, and closes it when the test ends. */
export async function startJsonFace(t: Test, options: JsonFaceOptions = {}): Promise<JsonFace> {
  const { store = createMemoryStore(), limits = {}, bodyLimits } = options
  const changes = new ChangeFeed(store, () => {})
  const webhooks = someWebhooks(changes)
  const events = { batch: () => changes.nudge(), command() {}, retry() {}, defect() {} }
  const settings = await Settings.load(store)
  const resubscribeReasons = () => settings.value('resubscribe-reasons')
  const writes = new GroupCommit(store, { hashAddress: aHashAddress, resubscribeReasons, limits, events })
  const credentials = new Credentials(store, createSeal(null))
  for (const role of ['reader', 'writer', 'admin'] as const) await credentials.addApi(`the ${role}`, role, keys[role])
  const fields = await Fields.load(store, { acceptUnknown: false })
  const readiness = options.readiness ?? (async () => ({ isReady: true, problems: [] }))
  const service = {
    writes,
    reads: store,
    changes,
    webhooks,
    refusals: store,
    salesforce: noSalesforce,
    fields,
    credentials,
    settings,
    oneClick: { ...createOneClick(Buffer.from('of a test')), publicUrl: 'https://example.org' },
    ...checksOver(store, settings),
    traces: tracesOver(store),
    lists: store,
    flows: store,
    jobs: store,
    exports: snapshotsOf(store),
    privacy: memoryPrivacy(store),
    readiness,
    ...options.service,
  }

  const lines: string[] = []
  const logger = createLogger({ level: 'debug', to: { write: line => void lines.push(line) } })
  const metrics = createMetrics()
  const app = createJsonApp({
    service,
    face: { ...jsonFace, policy: options.policy ?? jsonFace.policy },
    metrics,
    logger,
    version: '0.0.0',
    ...(bodyLimits ? { bodyLimits } : {}),
    ...(options.failedAttempts === undefined ? {} : { failedAttempts: options.failedAttempts }),
  })
  const server = createHttpServer({
    handle: () => false,
    fallback: app,
    onDefect: err => logger.error({ err }),
  })
  const url = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`
  t.teardown(() => server.close(0))

  return {
    ...{ url, store, writes, server, metrics, fields, changes },
    logged: () => lines.join(''),
    ask: (method, path, asked = {}) => ask(url + path, method, asked),
  }
}

async function ask(url: string, method: string, { as = 'writer', headers = {}, body }: Asked): Promise<Answered> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(url, {
    method,
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${keys[as]}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== ''
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
}

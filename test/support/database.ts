// An empty database of its own for each test, on each kind of store that the product supports.
// It knows how databases are made and dropped; it must not know our schema: tests run the migrations themselves.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { Test } from 'tap'
import { type RequirementName, requires } from './requirements.js'

export type Engine = 'sqlite' | 'mysql' | 'mysql9'

export interface FreshDatabase {
  readonly engine: Engine
  /** `sqlite:///absolute/path` or `mysql://user:password@host:port/name`, as DATABASE_URL takes it. */
  readonly url: string
  drop(): Promise<void>
}

export interface EngineToTest {
  readonly engine: Engine
  /** What the machine must have for it; null for what is always there. */
  readonly requirement: RequirementName | null
}

export function enginesToTest(): readonly EngineToTest[] {
  return [
    { engine: 'sqlite', requirement: null },
    { engine: 'mysql', requirement: 'mysql' },
    { engine: 'mysql9', requirement: 'mysql9' },
  ]
}

/**
 * One subtest for each engine, each with a database of its own; an engine that the machine lacks is skipped by name.
 * The title should be a claim that holds on every engine.
 */
export async function onEachEngine(
  t: Test,
  title: string,
  body: (t: Test, database: FreshDatabase) => Promise<unknown>,
): Promise<void> {
  for (const { engine, requirement } of enginesToTest()) {
    await t.test(`${title} (${engine})`, async t => {
      if (requirement !== null && !requires(t, requirement)) return
      await body(t, await withDatabase(t, engine))
    })
  }
}

/** A fresh database that is dropped when the test is over. */
export async function withDatabase(t: Test, engine: Engine): Promise<FreshDatabase> {
  const database = await freshDatabase(engine)
  t.teardown(() => database.drop())
  return database
}

/** @throws Error when the engine's server is not there: ask `requires` first */
export async function freshDatabase(engine: Engine): Promise<FreshDatabase> {
  switch (engine) {
    case 'sqlite':
      return freshFile()
    case 'mysql':
      return freshOnServer(engine, process.env.TEST_DATABASE_URL, 'TEST_DATABASE_URL')
    case 'mysql9':
      return freshOnServer(engine, process.env.TEST_MYSQL9_URL, 'TEST_MYSQL9_URL')
    default:
      return engine satisfies never
  }
}

async function freshFile(): Promise<FreshDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-unsubscribe-sqlite-'))
  return {
    engine: 'sqlite',
    url: `sqlite://${join(folder, 'test.sqlite')}`,
    // The write-ahead log and its index lie beside the file, so the folder goes as a whole.
    drop: () => rm(folder, { recursive: true, force: true }),
  }
}

async function freshOnServer(engine: Engine, server: string | undefined, variable: string): Promise<FreshDatabase> {
  if (!server) throw new Error(`${variable} is not set: the test must ask requires(t, '${engine}') first`)
  // Unique across the test processes that share one server, and across aborted runs before.
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`
  await runOn(server, `create database \`${name}\` character set utf8mb4`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { engine, url: url.href, drop: () => runOn(server, `drop database if exists \`${name}\``) }
}

async function runOn(server: string, statement: string): Promise<void> {
  const connection = await createConnection(server)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

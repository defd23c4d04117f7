// Statements of the write path hold whatever values and however many rows they are given, on every engine.
import t, { type Test } from 'tap'
import { StoreUnavailable } from '../../src/service/ports.js'
import { type BatchSession, inBatchSession } from '../../src/store/batch-session.js'
import { type Engine, openEngine } from '../../src/store/engine.js'
import { passingError } from '../../src/store/passing-errors.js'
import { type FreshDatabase, onEachEngine } from '../support/database.js'

const difficult = ["it's", '\\', '\\"', '"; drop table things; --', '?', '??', 'ü😀', 'line\nbreak', '%_', '']

async function withThings(t: Test, database: FreshDatabase): Promise<Engine> {
  const engine = openEngine(database.url)
  t.teardown(() => engine.close())
  await engine.writer.schema.createTable('things', table => {
    table.integer('id').notNullable().primary()
    table.text('name')
    table.boolean('is_odd').notNullable()
  })
  return engine
}

const inSession = <T>(engine: Engine, work: (session: BatchSession) => Promise<T>): Promise<T> =>
  inBatchSession(engine, work, () => {})

const thing = (id: number, name: string | null = `thing ${id}`) => ({ id, name, is_odd: id % 2 === 1 })

await onEachEngine(t, 'every row is written once and found again, however many there are', async (t, database) => {
  const engine = await withThings(t, database)

  for (const count of [1, 2, 3, 63, 64, 65, 500, 501, 1_300]) {
    const things = Array.from({ length: count }, (_, index) => thing(index + 1))
    const ids = things.map(({ id }) => id)
    const found = await inSession(engine, async session => {
      await session.run('delete from things', [])
      await session.insert('things', things)
      return session.rows<{ id: number }>('select id from things where id in (?) order by id', [ids])
    })
    t.same(
      found.map(({ id }) => id),
      ids,
      `${count} rows`,
    )
  }
})

await onEachEngine(t, 'values come back as they went in', async (t, database) => {
  const engine = await withThings(t, database)
  const things = [...difficult, null].map((name, index) => thing(index, name))

  const found = await inSession(engine, async session => {
    await session.insert('things', things)
    const byName = await session.rows<{ id: number }>('select id from things where name in (?) order by id', [
      difficult,
    ])
    t.equal(byName.length, difficult.length)
    return session.rows<{ id: number; name: string | null; is_odd: number }>(
      'select id, name, is_odd from things where id >= ? and id < ? order by id',
      [0, things.length],
    )
  })

  t.same(
    found.map(row => ({ ...row, is_odd: Boolean(row.is_odd) })),
    things,
  )
})

await onEachEngine(t, 'an upsert overwrites, an insert if absent does not', async (t, database) => {
  const engine = await withThings(t, database)

  const found = await inSession(engine, async session => {
    await session.insert('things', [thing(1, 'first')])
    await session.insertIfAbsent('things', 'id', [thing(1, 'late'), thing(2, 'new')])
    await session.upsert('things', ['id'], [thing(2, 'newer'), thing(3, 'newest')])
    return session.rows<{ name: string }>('select name from things order by id', [])
  })

  t.same(
    found.map(({ name }) => name),
    ['first', 'newer', 'newest'],
  )
})

await onEachEngine(
  t,
  'what fails half-way leaves nothing, and the next transaction is a new one',
  async (t, database) => {
    const engine = await withThings(t, database)
    const failed = inSession(engine, async session => {
      await session.insert('things', [thing(1)])
      throw new Error('the work failed')
    })

    await t.rejects(failed, { message: 'the work failed' })

    const found = await inSession(engine, session => session.rows('select id from things', []))
    t.same(found, [])
  },
)

await onEachEngine(t, 'a lost connection ends its transaction only', async (t, database) => {
  if (database.engine === 'sqlite') return t.pass('a file has no connection that could be lost')
  const engine = await withThings(t, database)
  const lost = inSession(engine, async session => {
    await session.insert('things', [thing(1)])
    const [row] = await session.rows<{ id: number }>('select connection_id() as id', [])
    await engine.reader.raw('kill ?', [row!.id])
    await session.insert('things', [thing(2)])
  })

  const cause: unknown = await lost.catch(cause => cause)
  t.type(passingError(cause, 'working'), StoreUnavailable, String(cause))

  const found = await inSession(engine, session => session.rows('select id from things', []))
  t.same(found, [])
})

await onEachEngine(t, 'the query builder takes part in the transaction', async (t, database) => {
  const engine = await withThings(t, database)
  const failed = inSession(engine, async session => {
    await session.table('things').insert(thing(1))
    t.same(await session.table('things').select('id'), [{ id: 1 }])
    throw new Error('the work failed')
  })

  await t.rejects(failed, { message: 'the work failed' })

  t.same(await engine.reader('things').select('id'), [])
})

// Statements of the write path hold whatever values and however many rows they are given, on every engine.
import { createServer, connect as dial } from 'node:net'
import t, { type Test } from 'tap'
import { StoreConflict, StoreUnavailable } from '../../src/service/ports.js'
import { type BatchSession, inBatchSession } from '../../src/store/batch-session.js'
import { type Engine, openEngine } from '../../src/store/engine.js'
import { passingError } from '../../src/store/passing-errors.js'
import { openStore } from '../../src/store/store.js'
import { aSave, aSubmission } from '../support/builders.js'
import { type FreshDatabase, onEachEngine, withDatabase } from '../support/database.js'
import { aGroupCommit } from '../support/group-commits.js'
import { requires } from '../support/requirements.js'

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

await onEachEngine(t, 'behind a statement that fails nothing is carried out any more', async (t, database) => {
  const engine = await withThings(t, database)
  const failed = inSession(engine, async session => {
    await session.insert('things', [thing(1)])
    await session.insert('things', [thing(1)])
    await session.insert('things', [thing(2)])
    await session.settle()
  })

  t.type(passingError(await failed.catch(cause => cause), 'working'), StoreConflict)

  t.same(await engine.reader('things').select('id'), [])
})

await onEachEngine(
  t,
  'the victim of a deadlock leaves nothing behind, not in autocommit either',
  async (t, database) => {
    if (database.engine === 'sqlite') return t.pass('a file has one writer')
    const engine = await withThings(t, database)
    await inSession(engine, session => session.insert('things', [thing(1), thing(2)]))
    const rename = 'update things set name = ? where id = ?'
    const many = Array.from({ length: 50 }, (_, index) => thing(100 + index))
    const [holds, isHeld] = signal()
    const [waits, isWaiting] = signal()

    const survivor = inSession(engine, async session => {
      // With more to undo than the other has, it is not the one that the server chooses.
      await session.insert('things', many)
      await session.run(rename, ['survivor', 1])
      await session.settle()
      await holds
      await session.run(rename, ['survivor', 2])
      isWaiting()
      await session.settle()
    })
    const victim = inSession(engine, async session => {
      await session.run(rename, ['victim', 2])
      await session.settle()
      isHeld()
      await waits
      await session.run(rename, ['victim', 1])
      await session.insert('things', [thing(3)])
      await session.settle()
    })

    t.match(await victim.catch(cause => cause), { errno: 1213 })
    await survivor
    const found = await engine.reader('things').where('id', '<', 100).orderBy('id').select('id', 'name')
    t.same(found, [
      { id: 1, name: 'survivor' },
      { id: 2, name: 'survivor' },
    ])
  },
)

await onEachEngine(t, 'a batch takes three round trips', async (t, database) => {
  if (database.engine === 'sqlite') return t.pass('statements on a file take none')
  const sent: string[] = []
  let packet: string[] = []
  const onStatement = (sql: string, _: readonly unknown[], goesOn = false): void => {
    packet.push(sql)
    if (goesOn) return
    sent.push(packet.join('; '))
    packet = []
  }
  const store = openStore(database.url, { onStatement })
  t.teardown(() => store.close())
  await store.migrate()
  const { writes } = aGroupCommit(store)
  const save = aSubmission({ command: aSave({ address: 'ada@example.org', unsubscribed: false }) })
  await writes.submit(save)
  sent.length = 0

  await writes.submit({ ...save, replay: { type: 'fingerprint', replayKey: 'f'.repeat(64) } })

  t.equal(sent.length, 3, sent.join('\n'))
  t.match(sent, [
    /^BEGIN; insert [\s\S]+ from log_head [\s\S]+ for update/,
    /^insert [\s\S]+; update log_head [^;]+$/,
    'COMMIT',
  ])
})

t.test('behind a proxy that takes one statement at a time, batches are carried out all the same', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const store = openStore(await overProxyOfSingles(t, url))
  t.teardown(() => store.close())
  await store.migrate()

  const command = aSave({ address: 'ada@example.org', unsubscribed: true })
  t.match(await aGroupCommit(store).writes.submit(aSubmission({ command })), { type: 'carried-out', seq: 1 })
})

function signal(): readonly [Promise<void>, () => void] {
  let give: () => void = () => {}
  const given = new Promise<void>(resolve => {
    give = resolve
  })
  return [given, () => give()]
}

/** The URL of the database over a proxy that answers a packet of several statements as a syntax error. */
async function overProxyOfSingles(t: Test, databaseUrl: string): Promise<string> {
  const { hostname, port } = new URL(databaseUrl)
  const refusal = Buffer.concat([Buffer.from([0xff, 1064 & 0xff, 1064 >> 8]), Buffer.from('#42000one at a time')])
  const proxy = createServer(client => {
    const server = dial({ host: hostname, port: Number(port) })
    client.on('data', bytes => {
      const isSeveral = bytes[4] === 0x03 && bytes.toString('latin1').includes('; ')
      if (isSeveral) client.write(Buffer.concat([Buffer.from([refusal.length, 0, 0, 1]), refusal]))
      else server.write(bytes)
    })
    server.on('data', bytes => client.write(bytes))
    for (const [end, other] of [[client, server] as const, [server, client] as const])
      end.on('error', () => {}).on('close', () => other.destroy())
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void proxy.close())
  const over = new URL(databaseUrl)
  over.host = `127.0.0.1:${(proxy.address() as { readonly port: number }).port}`
  return over.href
}

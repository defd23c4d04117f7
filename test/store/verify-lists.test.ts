// `verify` holds who is on a list against the log, on every engine.
import t from 'tap'
import { verify } from '../../src/service/log/verify.js'
import { openEngine } from '../../src/store/engine.js'
import { openStore } from '../../src/store/store.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { outcomeOf } from '../support/group-commits.js'
import { Scene } from '../support/scene.js'

await onEachEngine(t, 'a membership that the log does not tell of is found', async (t, { url }) => {
  const [store, engine] = [openStore(url), openEngine(url)]
  t.teardown(() => Promise.all([store.close(), engine.close()]))
  await store.migrate()
  const scene = new Scene(store, 'example.org')
  const [person, other] = [await scene.person('x'), await scene.person('y')]
  const list = await store.addList('Visitors', 'Fair')
  const command = { type: 'change-list', list: list!, people: [person, other], isMember: true, strict: true } as const
  outcomeOf(await scene.carryOut(command))
  const broken = async () => {
    const scratch = openStore((await withDatabase(t, 'sqlite')).url)
    t.teardown(() => scratch.close())
    await scratch.migrate()
    return (await verify(store, { scratch })).broken
  }

  t.equal(await broken(), null)
  await engine.writer('list_members').where({ person_id: other }).delete()
  t.match(await broken(), /^table list_members: the row .* is missing, the log makes one$/)
  await engine.writer('list_members').insert([
    { list_id: list!.id, person_id: other },
    { list_id: list!.id + 1, person_id: other },
  ])
  t.match(await broken(), /^table list_members: the row .* is there, the log makes none$/)
})

// After merges the tables are what the log says, on every engine: also where they meet other commands in one batch, and
// where two processes merge the same people.
import t from 'tap'
import type { Command } from '../../src/domain/command.js'
import { verify } from '../../src/service/log/verify.js'
import { openStore } from '../../src/store/store.js'
import { aForeignId, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { Scene } from '../support/scene.js'

const merge = (winner: number, ...losers: readonly number[]): Command => ({ type: 'merge-people', winner, losers })

await onEachEngine(t, 'the log replays to the tables after merges', async (t, database) => {
  const store = openStore(database.url)
  const scratch = openStore((await withDatabase(t, 'sqlite')).url)
  t.teardown(() => Promise.all([store.close(), scratch.close()]))
  await store.migrate()
  await scratch.migrate()
  const scene = new Scene(store, 'merges.example')
  const list = (await store.addList('everybody', null))!

  await t.test('merges in one batch with commands about the same people', async t => {
    const ids: number[] = []
    for (let index = 0; index < 12; index++) {
      const traits = { foreignId: aForeignId(`id ${index}`), cookie: `cookie ${index}`, unsubscribed: index % 3 === 0 }
      ids.push(await scene.person(index % 4 === 3 ? null : `p${index % 4}`, traits))
    }
    const [a, b, c, d, e, f, g] = ids as [number, number, number, number, number, number, number]
    const commands: readonly Command[] = [
      { type: 'change-list', list, people: ids, isMember: true, strict: true },
      merge(a, b, c),
      aSave({ id: d, foreignId: aForeignId('new'), address: scene.address('p0') }),
      merge(d, a),
      { type: 'delete-person', id: e },
      aSave({ id: e, by: scene.address('p1'), foreignId: aForeignId('id 4') }),
      merge(f, e, g),
      aSubscription('unsubscribed', scene.address('p1')),
      { type: 'delete-person', id: f },
    ]

    const answers = await scene.writes.submitAll(commands.map(command => aSubmission({ command })))

    t.strictSame(
      answers.map(answer => (answer instanceof Error ? answer.message : answer.type)),
      commands.map(() => 'carried-out'),
    )
    t.match(await store.peopleByForeignId(aForeignId('id 1')), [{ person: { id: d } }], 'by way of another winner')
    t.strictSame(await store.peopleByForeignId(aForeignId('id 4')), [], 'gone with the winner')
  })

  await t.test('two processes that merge the same people both ways: one is first, one is told', async t => {
    for (let round = 0; round < 6; round++) {
      const [one, other] = [await scene.person(`x${round}`), await scene.person(`y${round}`, { unsubscribed: true })]
      await scene.carryOut({ type: 'change-list', list, people: [one, other], isMember: true, strict: true })

      const answers = await Promise.all([
        scene.writes.submit(aSubmission({ command: merge(one, other) })),
        scene.otherWrites.submit(aSubmission({ command: merge(other, one) })),
      ])

      t.strictSame(answers.map(({ type }) => type).sort(), ['carried-out', 'rejected'])
      t.equal((await store.peopleByIds([one, other])).length, 1)
      t.strictSame((await store.membersAmong(list.id, [one, other])).size, 1)
      t.strictSame(await scene.status(`y${round}`), ['unsubscribed', 1])
    }
  })

  const report = await verify(store, { scratch })
  t.match(report, { broken: null, tablesCompared: true, erased: 0 })
  t.ok(report.entries > 30)
})

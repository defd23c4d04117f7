// Static lists and workspaces: the small tables, and who is on a list after everything that can happen to a person.
import { aSave, aSubmission } from '../support/builders.js'
import { outcomeOf, personIdOf } from '../support/group-commits.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

export const listTests: Readonly<Record<string, StoreTest>> = {
  'a list is found by its full name, byte for byte, and by its id': async (t, { store, domain }) => {
    const plain = await store.addList(`Visitors ${domain}`, null)
    const inProgram = await store.addList('Visitors', `Fair ${domain}`)

    t.match(plain, { name: `Visitors ${domain}`, program: null })
    t.match(inProgram, { name: `Fair ${domain}.Visitors`, program: `Fair ${domain}` })
    t.not(plain?.id, inProgram?.id)
    t.strictSame(await store.listByName(`Fair ${domain}.Visitors`), inProgram)
    t.strictSame(await store.listById(plain!.id), plain)
    t.equal(await store.listByName(`visitors ${domain}`), undefined)
    t.equal(await store.listById(999), undefined)
  },

  'a full name is given once, however it is made up': async (t, { store, domain }) => {
    const first = await store.addList('b', `a ${domain}`)

    t.equal(await store.addList('b', `a ${domain}`), undefined)
    t.equal(await store.addList(`a ${domain}.b`, null), undefined)
    t.ok(await store.addList(`A ${domain}.b`, null), 'another letter case is another name')
    t.strictSame(
      (await store.lists()).filter(({ name }) => name.includes(`a ${domain}`)),
      [first],
    )
  },

  'lists made at the same moment have ids of their own': async (t, { store, domain }) => {
    const made = await Promise.all([1, 2, 3, 4].map(number => store.addList(`${domain} ${number}`, null)))

    t.equal(new Set(made.map(list => list?.id)).size, 4)
    t.ok(made.every(list => list !== undefined && list.id > 1_000_000))
  },

  'members come by id, in pages': async (t, scene) => {
    const { id, put } = await aList(scene)
    const ids = [await scene.person('x'), await scene.person('y'), await scene.person(null)].sort((a, b) => a - b)
    await put(true, ids)

    t.strictSame(await scene.store.membersOf(id, { after: 0, limit: 10 }), ids)
    t.strictSame(await scene.store.membersOf(id, { after: ids[0]!, limit: 1 }), [ids[1]])
    t.strictSame(await scene.store.membersOf(id, { after: ids[2]!, limit: 10 }), [])
    t.strictSame(await scene.store.membersAmong(id, [ids[1]!, 999]), new Set([ids[1]]))
    t.strictSame(await scene.store.membersAmong(id, []), new Set())
    t.strictSame(await scene.store.membersAmong(id + 1_000, ids), new Set())
  },

  'who leaves a list is on its others still, and a history tells of both': async (t, scene) => {
    const [one, other] = [await aList(scene), await aList(scene)]
    const person = await scene.person('x')
    await one.put(true, [person])
    await other.put(true, [person])

    t.match(await one.put(false, [person]), { failed: [] })

    t.strictSame([...(await scene.store.membersAmong(one.id, [person]))], [])
    t.strictSame([...(await scene.store.membersAmong(other.id, [person]))], [person])
    const told = (await scene.activities(person)).map(({ kind, attribute }) => [kind, attribute])
    t.strictSame(told.slice(-3), [
      ['list-joined', one.name],
      ['list-joined', other.name],
      ['list-left', one.name],
    ])
    t.match(await one.put(false, [person]), { failed: [person] }, 'who left cannot leave again')
  },

  'strict changes nobody where one fails': async (t, scene) => {
    const list = await aList(scene)
    const person = await scene.person('x')

    const outcome = await list.put(true, [person, 999_999_999], true)

    t.match(outcome, { failed: [999_999_999] })
    t.strictSame(await scene.store.membersOf(list.id, { after: 0, limit: 10 }), [])
  },

  'who is deleted is on no list any more, and who takes the id is not either': async (t, scene) => {
    const list = await aList(scene)
    const person = await scene.person('x')
    await list.put(true, [person])

    await scene.delete(person)
    t.strictSame(await scene.store.membersOf(list.id, { after: 0, limit: 10 }), [])

    await scene.save(person, { by: scene.address('x') })
    t.strictSame(await scene.store.membersOf(list.id, { after: 0, limit: 10 }), [])
  },

  'joining, leaving and joining within one batch ends on the list; a deletion ends off it': async (t, scene) => {
    const list = await aList(scene)
    const [stays, goes] = [await scene.person('x'), await scene.person('y')]
    const change = (isMember: boolean) => list.command(isMember, [stays, goes])

    const answers = await scene.writes.submitAll(
      [change(true), change(false), change(true), { type: 'delete-person', id: goes } as const].map(command =>
        aSubmission({ command }),
      ),
    )

    for (const answer of answers) outcomeOf(answer)
    t.strictSame(await scene.store.membersOf(list.id, { after: 0, limit: 10 }), [stays])
  },

  'more people than one statement takes go onto a list by one command, and off it': async (t, scene) => {
    const list = await aList(scene)
    const save = (index: number) => aSubmission({ command: aSave({ address: scene.address(`many${index}`) }) })
    const answers = await scene.writes.submitAll(Array.from({ length: 1_201 }, (_, index) => save(index)))
    const ids = answers.map(personIdOf).sort((a, b) => a - b)

    t.match(await list.put(true, ids, true), { failed: [] })
    t.strictSame(await scene.store.membersOf(list.id, { after: 0, limit: 2_000 }), ids)
    t.match(await list.put(false, ids, true), { failed: [] })
    t.strictSame(await scene.store.membersOf(list.id, { after: 0, limit: 2_000 }), [])
  },

  'a merge takes the lists of the losers along': async (t, scene) => {
    const [both, own, theirs] = [await aList(scene), await aList(scene), await aList(scene)]
    const [winner, loser] = [await scene.person('x'), await scene.person('y')]
    await both.put(true, [winner, loser])
    await own.put(true, [winner])
    await theirs.put(true, [loser])

    outcomeOf(await scene.carryOut({ type: 'merge-people', winner, losers: [loser] }))

    for (const { id } of [both, own, theirs]) {
      t.strictSame(await scene.store.membersOf(id, { after: 0, limit: 10 }), [winner])
    }
  },

  'two sides that put somebody on a list at once both succeed': async (t, scene) => {
    const list = await aList(scene)
    const people = [await scene.person('x'), await scene.person('y')]

    const answers = await Promise.all(
      [scene.writes, scene.otherWrites].map(writes =>
        writes.submit(aSubmission({ command: list.command(true, people) })),
      ),
    )

    for (const answer of answers) t.match(outcomeOf(answer), { failed: [] })
    t.strictSame(
      await scene.store.membersOf(list.id, { after: 0, limit: 10 }),
      people.sort((a, b) => a - b),
    )
  },

  'workspaces are kept, each name once in whatever letter case': async (t, { store, domain }) => {
    const asia = { name: `Asia ${domain}`, partition: 'Asia \u4E9A' }

    t.equal(await store.addWorkspace(asia), true)
    t.equal(await store.addWorkspace({ name: `ASIA ${domain}`, partition: 'x' }), false)
    t.strictSame(
      (await store.workspaces()).filter(({ name }) => name.endsWith(domain)),
      [asia],
    )
  },
}

/** A new list, and a way to put people on it and off it. */
async function aList(scene: Scene) {
  const list = await scene.store.addList(`${scene.domain} ${Math.random()}`, null)
  if (list === undefined) throw new Error('the name of the list is taken')
  const command = (isMember: boolean, people: readonly number[], strict = false) =>
    ({ type: 'change-list', list, people, isMember, strict }) as const
  const put = async (isMember: boolean, people: readonly number[], strict = false) =>
    outcomeOf(await scene.carryOut(command(isMember, people, strict)))
  return { ...list, command, put }
}

// Pages of people: whom a selection means, the order of pages, and where they end.
import type { PeoplePage, UpdateMark } from '../../src/service/ports.js'
import { aForeignId, aKey } from '../support/builders.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

const idsOf = ({ people }: PeoplePage): readonly number[] => people.map(({ person }) => person.id)

const all = { after: 0, limit: 100 } as const

async function people(scene: Scene, count: number): Promise<readonly number[]> {
  const ids: number[] = []
  for (let i = 0; i < count; i++) ids.push(await scene.person(`p${i}`))
  return ids
}

const updatedAtOf = async (scene: Scene, id: number): Promise<number> =>
  (await scene.store.peopleByIds([id]))[0]!.person.updatedAt

/** The other tests of this store are long over; only this stage writes from here on. */
async function windowFromHere(scene: Scene): Promise<{ from: number; to: number }> {
  const marker = await scene.person('marker')
  const from = (await updatedAtOf(scene, marker)) + 1
  while (Date.now() < from) await new Promise(resolve => setTimeout(resolve, 1))
  return { from, to: Number.MAX_SAFE_INTEGER }
}

export const pageTests: Readonly<Record<string, StoreTest>> = {
  'people are selected by ids, addresses, foreign ids and cookies, in the order of their ids': async (t, scene) => {
    const [one, , three] = (await people(scene, 3)) as [number, number, number]
    const [foreignId, cookie] = [aForeignId(`${scene.domain} F1`), `${scene.domain} C1`]
    const linked = await scene.person('linked', { foreignId, cookie })
    const { system, value } = foreignId
    const select = async (selection: Parameters<typeof scene.store.selectedPeople>[0]) =>
      idsOf(await scene.store.selectedPeople(selection, all))
    const keys = [aKey(scene.address('p2')), aKey(scene.address('nobody')), aKey(scene.address('p0'))]

    t.strictSame(await select({ type: 'ids', ids: [three, 4711, one, three] }), [one, three])
    t.strictSame(await select({ type: 'addresses', keys }), [one, three])
    t.strictSame(await select({ type: 'foreign-ids', system, values: ['none', value] }), [linked])
    t.strictSame(await select({ type: 'foreign-ids', system: 'other', values: [value] }), [])
    t.strictSame(await select({ type: 'cookies', cookies: [cookie, 'none'] }), [linked])
    for (const nobody of [
      { type: 'ids', ids: [] },
      { type: 'addresses', keys: [] },
      { type: 'foreign-ids', system, values: [] },
      { type: 'cookies', cookies: [] },
      { type: 'list', listId: 2 ** 31 - 1 },
    ] as const) {
      t.strictSame(await select(nobody), [], nobody.type)
      t.equal(await scene.store.countSelected(nobody), 0)
    }
  },

  'a selection comes in pages, each with the status of the addresses, and a count of it all': async (t, scene) => {
    const ids = await people(scene, 5)
    await scene.set('unsubscribed', 'p3')
    const selection = { type: 'ids', ids } as const

    const first = await scene.store.selectedPeople(selection, { after: 0, limit: 3 })
    const second = await scene.store.selectedPeople(selection, { after: ids[2]!, limit: 3 })
    const exact = await scene.store.selectedPeople(selection, { after: 0, limit: 5 })

    t.strictSame([idsOf(first), first.hasMore], [ids.slice(0, 3), true])
    t.strictSame([idsOf(second), second.hasMore], [ids.slice(3), false])
    t.strictSame([idsOf(exact), exact.hasMore], [ids, false])
    t.strictSame(
      second.people.map(({ status }) => status?.status),
      ['unsubscribed', 'subscribed'],
    )
    t.equal(await scene.store.countSelected(selection), 5)
  },

  'the members of a list are a selection': async (t, scene) => {
    const ids = await people(scene, 3)
    const list = (await scene.store.addList(`${scene.domain} list`, null))!
    const members = ids.slice(1)
    await scene.carryOut({ type: 'change-list', list, people: members, isMember: true, strict: false })
    const selection = { type: 'list', listId: list.id } as const

    t.strictSame(idsOf(await scene.store.selectedPeople(selection, all)), members)
    t.strictSame(idsOf(await scene.store.selectedPeople(selection, { after: ids[1]!, limit: 9 })), ids.slice(2))
    t.equal(await scene.store.countSelected(selection), 2)
  },

  'who has a value of a field is found, byte for byte, whatever else looks like it': async (t, scene) => {
    const City = `Aachen "${scene.domain}"`
    const lookalikes = [
      { City: `${City} ` },
      { City: City.toLowerCase() },
      { City: `x${City}` },
      { Company: City },
      { Company: `,${JSON.stringify({ City }).slice(1, -1)}` },
      { Company: '{', Title: JSON.stringify({ City }) },
      { BillingCity: City },
      { 'x"City': City },
      {},
    ]
    await scene.person('before', { fields: { City: 'elsewhere' } })
    const alone = await scene.person('alone', { fields: { City } })
    for (const [index, fields] of lookalikes.entries()) await scene.person(`other${index}`, { fields })
    const among = await scene.person('among', { fields: { Company: 'Ä,\\', City, Title: '}' } })
    const find = async (value: string) => {
      const page = { after: 0, limit: 100, lookedAtMax: 1_000_000 }
      const { people, next } = await scene.store.peopleWithValue({ field: 'City', value }, page)
      t.equal(next, null)
      return people.map(({ person }) => person.id)
    }

    t.strictSame(await find(City), [alone, among])
    t.strictSame(await find(`${City}%`), [])
    t.strictSame(await find(''), [])
  },

  'a page of who has a value ends where enough were found, or enough people looked at': async (t, scene) => {
    const value = scene.domain
    const [first] = (await people(scene, 1)) as [number]
    const ids: number[] = []
    for (const fields of [{}, { City: value }, {}, {}, {}, {}, { City: value }, { City: value }, {}]) {
      ids.push(await scene.person('x', { fields }))
    }
    const read = async (after: number, limit: number, lookedAtMax: number) => {
      const found = await scene.store.peopleWithValue({ field: 'City', value }, { after, limit, lookedAtMax })
      return [found.people.map(({ person }) => person.id), found.next]
    }

    t.strictSame(await read(first, 9, 2), [[ids[1]], ids[1]])
    t.strictSame(await read(ids[1]!, 9, 3), [[], ids[4]], 'nobody among those, and yet not the end')
    t.strictSame(await read(ids[4]!, 1, 9), [[ids[6]], ids[6]])
    t.strictSame(await read(ids[6]!, 1, 9), [[ids[7]], null])
    t.strictSame(await read(ids[7]!, 1, 9), [[], null])
  },

  'updates come by time and id, page after page, everybody once, those of one moment too': async (t, scene) => {
    const window = await windowFromHere(scene)
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => scene.person(`p${i}`)))
    await scene.save(made[3]!, { fields: { City: 'Turin' } })

    const seen: number[] = []
    let after: UpdateMark | null = null
    for (;;) {
      const page: PeoplePage = await scene.store.updatedPeople(window, { after, limit: 3 })
      seen.push(...idsOf(page))
      if (!page.hasMore) break
      const { updatedAt: at, id } = page.people.at(-1)!.person
      after = { at, id }
    }

    t.strictSame([...seen].sort(), [...made].sort())
    const times = await Promise.all(seen.map(id => updatedAtOf(scene, id)))
    t.strictSame(
      times,
      [...times].sort((a, b) => a - b),
    )
    t.ok(new Set(times).size < times.length, 'some were saved at one moment')
    t.equal(await scene.store.countUpdated(window), 20)
  },

  'both ends of a window of updates are in it': async (t, scene) => {
    const id = await scene.person('x')
    const at = await updatedAtOf(scene, id)
    const page = { after: null, limit: 10_000 } as const
    const isIn = async (from: number, to: number) =>
      idsOf(await scene.store.updatedPeople({ from, to }, page)).includes(id)

    t.ok(await isIn(at, at))
    t.notOk(await isIn(at + 1, at + 2))
    t.notOk(await isIn(at - 2, at - 1))
    t.notOk(await isIn(at + 1, at - 1))
    t.equal(await scene.store.countUpdated({ from: at + 1, to: at - 1 }), 0)
  },

  'a status that changes touches everybody of the address': async (t, scene) => {
    const ids = await Promise.all([scene.person('x'), scene.person('x')])
    const window = await windowFromHere(scene)

    await scene.set('unsubscribed', 'x')

    t.strictSame([...idsOf(await scene.store.updatedPeople(window, { after: null, limit: 9 }))].sort(), [...ids].sort())
  },

  'to be settled is to have waited for what was on its way': async (t, scene) => {
    const saving = Array.from({ length: 20 }, (_, i) => scene.person(`p${i}`))
    await Promise.race(saving)

    await scene.store.settled()

    t.strictSame((await scene.store.peopleByAddress(aKey(scene.address('p0')), 1)).length, 1)
    await Promise.all(saving)
  },
}

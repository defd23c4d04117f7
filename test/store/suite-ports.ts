// Every method of the ports: what it gives, what it refuses, and where its pages end.
import { randomBytes } from 'node:crypto'
import { entryHash } from '../../src/service/log/log-chain.js'
import type { Append, CommandStore, Wanted } from '../../src/service/ports.js'
import { fanOutChunkSize, peopleToldAtOnceMax, StoreConflict, StoreUnavailable } from '../../src/service/ports.js'
import { namedReplay } from '../../src/service/writes/submission.js'
import { aCause, aForeignId, aKey, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { aGroupCommit, outcomeOf, personIdOf } from '../support/group-commits.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

export const portTests: Readonly<Record<string, StoreTest>> = {
  'an address that nobody named is subscribed, in version 0, with nobody there': async (t, scene) => {
    const { status, people } = await scene.store.status(aKey(scene.address('nobody')))

    t.match(status, { status: 'subscribed', version: 0, since: null, reason: null, actor: null, seq: 0 })
    t.equal(people, 0)
    t.strictSame(await scene.store.statusHistory(aKey(scene.address('nobody'))), [])
  },

  'ids for people are drawn once each, from 1000000001 on, past those that people brought along': async (t, scene) => {
    const [first] = await scene.store.reservePersonIds(1)
    t.ok(first! > 1_000_000_000)
    const brought = first! + 3
    await scene.carryOut(aSave({ id: brought, by: scene.address('x') }))

    const drawn = [...(await scene.store.reservePersonIds(3)), ...(await scene.store.reservePersonIds(4))]

    t.equal(new Set([first, brought, ...drawn]).size, drawn.length + 2)
    t.ok(drawn.length >= 6, 'a store may give fewer than asked for, where some are taken')
  },

  'a transaction that fails leaves nothing': async (t, scene) => {
    const before = await scene.store.head()
    const command = aSave({ address: scene.address('x'), unsubscribed: true, foreignId: aForeignId(scene.domain) })
    const failing: CommandStore = {
      ...scene.store,
      transact: work =>
        scene.store.transact(async transaction => {
          await work(transaction)
          throw new RangeError('after everything was written')
        }),
    }

    await t.rejects(aGroupCommit(failing).writes.submit(aSubmission({ command })), RangeError)

    t.strictSame(await scene.store.head(), before)
    t.strictSame(await scene.store.peopleByAddress(aKey(scene.address('x')), 10), [])
    t.strictSame(await scene.store.peopleByForeignId(aForeignId(scene.domain)), [])
    t.strictSame(await scene.status('x'), ['subscribed', 0])
    t.strictSame(await scene.logSince(before.seq), [])
  },

  'an error of the work comes out as it is': async (t, scene) => {
    const error = new RangeError('a defect of ours')

    await t.rejects(
      scene.store.transact(() => Promise.reject(error)),
      error,
    )
  },

  'a person that is there already is a conflict, and nothing is written': async (t, scene) => {
    const id = await scene.person('x')
    const fixed: CommandStore = { ...scene.store, reservePersonIds: async () => Array(1024).fill(id) }

    const { writes, reported } = aGroupCommit(fixed)
    await t.rejects(writes.submit(aSubmission({ command: aSave({ address: scene.address('y') }) })), StoreConflict)

    t.ok(reported.retries.length > 0, 'it was tried again before')
    t.strictSame(await scene.store.peopleByAddress(aKey(scene.address('y')), 10), [])
    t.match(await scene.store.peopleByIds([id]), [{ person: { address: { key: scene.address('x') } } }])
  },

  'a command is in the log once: its name again is a conflict': async (t, scene) => {
    const answer = await scene.set('unsubscribed', 'x')
    const commandId = 'commandId' in answer ? answer.commandId : ''

    await t.rejects(appendAgain(scene, commandId, 1), StoreConflict)
    await t.rejects(appendAgain(scene, randomBytes(16).toString('hex'), 0), StoreConflict)

    const unknown = randomBytes(16).toString('hex')
    t.strictSame(
      await scene.store.findCommands([unknown, commandId]),
      new Map([[commandId, 'seq' in answer ? answer.seq : 0]]),
    )
    t.strictSame(await scene.store.findCommands([unknown]), new Map())
  },

  'the log has every entry once, without a gap, each chained to the one before': async (t, scene) => {
    const before = await scene.store.head()
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? scene.writes : scene.otherWrites).submit(
          aSubmission({ command: aSubscription('unsubscribed', scene.address(`p${index}`)) }),
        ),
      ),
    )

    const entries = await scene.logSince(before.seq)
    let previous = before.hash
    for (const [index, { hash, detail: _, ...facts }] of entries.entries()) {
      t.equal(facts.seq, before.seq + 1 + index)
      t.equal(facts.previousHash, previous)
      t.equal(entryHash(facts), hash)
      previous = hash
    }
    t.equal(entries.length, 20)
    t.match(await scene.store.head(), { seq: before.seq + 20, hash: previous })
    t.strictSame(await scene.store.log({ after: before.seq + 2, limit: 2 }), entries.slice(2, 4))
    t.strictSame(await scene.store.log({ after: before.seq + 20, limit: 2 }), [])
  },

  'ids of activities follow the order of commits, and a history is read in pages': async (t, scene) => {
    const id = await scene.person('x')
    for (const city of ['London', 'Paris', 'Rome']) await scene.save(id, { fields: { City: city } })

    const all = await scene.activities(id)

    t.strictSame(
      all.map(({ to }) => to),
      [null, 'London', 'Paris', 'Rome'],
    )
    t.strictSame(
      all.map(activity => activity.id),
      all.map(activity => activity.id).sort((a, b) => a - b),
    )
    t.strictSame(
      all.map(({ seq }) => seq),
      all.map(({ seq }) => seq).sort((a, b) => a - b),
    )
    const second = await scene.store.activitiesOf(id, { after: all[1]!.id, limit: 1 })
    t.strictSame(second, [all[2]])
    t.strictSame(await scene.store.activitiesOf(id, { after: all[3]!.id, limit: 5 }), [])
  },

  'people are found by ids, foreign id, cookie and address, newest id first, with their status': async (t, scene) => {
    const foreignId = aForeignId(scene.domain)
    const cookie = `cookie of ${scene.domain}`
    const one = await scene.person('x', { foreignId, cookie })
    const two = await scene.person('x')
    const three = await scene.person('x')
    await scene.set('unsubscribed', 'x')
    const ids = (views: readonly { person: { id: number } }[]) => views.map(({ person }) => person.id)

    t.strictSame(
      ids(await scene.store.peopleByIds([three, one, 999_999_999])).sort((a, b) => a - b),
      [one, three],
    )
    t.strictSame(await scene.store.peopleByIds([]), [])
    t.strictSame(ids(await scene.store.peopleByForeignId(foreignId)), [one])
    t.strictSame(await scene.store.peopleByForeignId({ ...foreignId, system: 'OTHER' }), [])
    t.strictSame(ids(await scene.store.peopleByCookie(cookie)), [one])
    const [newest, ...rest] = await scene.store.peopleByAddress(aKey(scene.address('x')), 2)
    t.strictSame(ids([newest!, ...rest]), [three, two])
    t.match(newest, { foreignIds: [], status: { status: 'unsubscribed', version: 1, key: scene.address('x') } })
    t.match(await scene.store.peopleByForeignId(foreignId), [{ foreignIds: [foreignId] }])
  },

  'addresses that are asked for at once are answered each by itself, one with a crowd too': async (t, scene) => {
    const key = (name: string) => aKey(scene.address(name))
    const command = aSave({ address: scene.address('crowd'), mode: 'duplicate' })
    await scene.writes.submitAll(Array.from({ length: 510 }, () => aSubmission({ command })))
    const foreignIds = ['F2', 'F1'].map(value => aForeignId(`${scene.domain} ${value}`))
    const linked = await scene.person('linked', { foreignId: foreignIds[0]! })
    await scene.save(linked, { foreignId: foreignIds[1]! })
    const twins = [await scene.person('twin'), await scene.person('twin')]
    const ask = (...names: string[]) => Promise.all(names.map(name => scene.store.peopleByAddress(key(name), 100)))
    const ids = (views: readonly { person: { id: number } }[]) => views.map(({ person }) => person.id)

    const [linkedView, twinViews, nobody] = await ask('linked', 'twin', 'nobody')
    t.match(linkedView, [
      { person: { id: linked }, foreignIds: [foreignIds[1], foreignIds[0]], status: { version: 0 } },
    ])
    t.strictSame(ids(twinViews!), [twins[1], twins[0]])
    t.strictSame(nobody, [])

    const [crowd, twinsBesideIt] = await ask('crowd', 'twin', 'nobody')
    const newest = (await scene.store.peopleByAddress(key('crowd'), 1_000)).slice(0, 100)
    t.equal(crowd!.length, 100)
    t.strictSame(ids(crowd!), ids(newest))
    t.strictSame(
      ids(crowd!),
      ids(crowd!).sort((a, b) => b - a),
    )
    t.strictSame(ids(twinsBesideIt!), [twins[1], twins[0]])
  },

  'a foreign id and a cookie go over, go away with their person, and may be given anew': async (t, scene) => {
    const foreignId = aForeignId(scene.domain)
    const cookie = `cookie of ${scene.domain}`
    const [one, other] = [await scene.person('x', { foreignId, cookie }), await scene.person('x')]

    await scene.save(other, { foreignId, cookie, by: scene.address('x'), moveCookie: true })
    t.match(await scene.store.peopleByForeignId(foreignId), [{ person: { id: other } }])
    t.match(await scene.store.peopleByCookie(cookie), [{ person: { id: other } }])
    t.match(await scene.store.peopleByIds([one]), [{ foreignIds: [] }])

    await scene.delete(other)
    t.strictSame(await scene.store.peopleByForeignId(foreignId), [])
    t.strictSame(await scene.store.peopleByCookie(cookie), [])

    const third = await scene.person('x', { foreignId, cookie })
    t.match(await scene.store.peopleByForeignId(foreignId), [{ person: { id: third } }])
  },

  'what was taken over and dropped within one batch belongs to nobody': async (t, scene) => {
    const foreignId = aForeignId(scene.domain)
    const cookie = `cookie of ${scene.domain}`
    await scene.person('x', { foreignId, cookie })
    const other = await scene.person('x')
    const takeOver = scene.saveCommand(other, { foreignId, cookie, by: scene.address('x'), moveCookie: true })

    const commands = [takeOver, { type: 'delete-person', id: other } as const]
    const answers = await scene.writes.submitAll(commands.map(command => aSubmission({ command })))

    answers.forEach(outcomeOf)
    t.strictSame(await scene.store.peopleByForeignId(foreignId), [])
    t.strictSame(await scene.store.peopleByCookie(cookie), [])
  },

  'an id that is deleted and given anew within one batch is the new person': async (t, scene) => {
    const id = await scene.person('x', { fields: { City: 'London' } })
    const commands = [{ type: 'delete-person', id } as const, aSave({ id, by: scene.address('y') })]

    const answers = await scene.writes.submitAll(commands.map(command => aSubmission({ command })))

    answers.forEach(outcomeOf)
    t.match(await scene.store.peopleByIds([id]), [{ person: { address: { key: scene.address('y') }, fields: {} } }])
    t.strictSame([await scene.countAt('x'), await scene.countAt('y')], [0, 1])
  },

  'a kept answer is found until it is forgotten, at most so many at a time': async (t, scene) => {
    const { writes } = aGroupCommit(scene.store, { answersKeptMs: -1_000_000_000_000 })
    const named = (key: string) =>
      aSubmission({
        command: aSubscription('unsubscribed', scene.address('x')),
        replay: namedReplay(scene.domain, key, 'body'),
      })
    for (const key of ['a', 'b', 'c']) await writes.submit(named(key))
    const longAgo = Date.now() - 900_000_000_000

    t.equal(await scene.store.forgetAnswers(longAgo - 500_000_000_000, 10), 0)
    t.equal(await scene.store.forgetAnswers(longAgo, 2), 2)
    t.equal(await scene.store.forgetAnswers(longAgo, 2), 1)
    t.equal((await writes.submit(named('a'))).type, 'carried-out')
    t.equal((await writes.submit(named('a'))).type, 'replayed')
    t.equal(await scene.store.forgetAnswers(longAgo, 10), 1)
  },

  'scenario 24: a long fan-out goes on in chunks; who comes or goes meanwhile is told only what is theirs': async (
    t,
    scene,
  ) => {
    const { ids, direct } = await crowd(scene, fanOutChunkSize + 50)
    const [gone, last] = [ids.at(-2)!, ids.at(-1)!]

    await scene.save(direct, { unsubscribed: true })
    const pending = (await scene.store.pendingFanOuts(100)).find(({ key }) => key === aKey(scene.address('x')))
    t.match(pending, { version: 1, to: 'unsubscribed' })
    t.strictSame(await scene.flags(ids[0]!, last), [true, true], 'everybody shows it at once')
    t.strictSame(await scene.told(ids[0]!), [], 'their histories follow')

    t.match(await goOn(scene, 1), { done: false })
    const late = await scene.person('x', { unsubscribed: false })
    t.strictSame(await scene.flags(late), [true])
    await scene.save(gone, { address: scene.address('y') })
    t.match(await goOn(scene, 1), { done: true })
    t.match(await goOn(scene, 1), { done: true })

    t.strictSame(await scene.told(ids[0]!), [['0', '1', 'updateLeadEmailStatus']])
    t.strictSame(await scene.told(last), [['0', '1', 'updateLeadEmailStatus']])
    t.strictSame(await scene.told(direct), [['0', '1', 'Web service API']])
    t.strictSame(await scene.told(late), [['0', '1', 'resetLeadEmailStatus']])
    t.strictSame((await scene.told(gone)).at(-1), ['1', '0', 'resetLeadEmailStatus'])
    t.equal(
      (await scene.store.pendingFanOuts(100)).some(({ key }) => key === aKey(scene.address('x'))),
      false,
    )
  },

  'a long fan-out that is superseded tells nothing stale': async (t, scene) => {
    const { ids } = await crowd(scene, peopleToldAtOnceMax + 10)
    await scene.set('unsubscribed', 'x')
    await scene.set('subscribed', 'x')

    t.match(await goOn(scene, 1), { done: true })
    t.strictSame(await scene.told(ids[0]!), [])
    t.match(await goOn(scene, 2), { done: true })
    t.strictSame(await scene.told(ids[0]!), [['1', '0', 'updateLeadEmailStatus']])
  },

  'of a crowded address the person that was saved last is the one that is meant': async (t, scene) => {
    const { ids } = await crowd(scene, peopleToldAtOnceMax + 5)
    await new Promise(resolve => setTimeout(resolve, 2))
    await scene.save(ids[7]!, { fields: { City: 'London' } })

    t.equal(personIdOf(await scene.carryOut(aSave({ by: scene.address('x'), fields: { City: 'Paris' } }))), ids[7])
    t.equal(await scene.countAt('x'), ids.length)
  },

  'credentials are kept, found by id and by secret, told apart by bytes, and revoked once': async (t, scene) => {
    const { store, domain } = scene
    const credential = {
      id: `crm of ${domain}`,
      kind: 'api' as const,
      role: 'writer' as const,
      secret: `secret of ${domain}`,
      previous: null,
      createdAt: 1_772_366_400_123,
      revokedAt: null,
    }

    t.equal(await store.addCredential(credential), true)
    t.equal(await store.addCredential({ ...credential, secret: `other ${domain}` }), false)
    t.equal(await store.addCredential({ ...credential, id: `CRM of ${domain}`, secret: `third ${domain}` }), true)
    t.strictSame(await store.credentialById(credential.id), credential)
    t.strictSame(await store.credentialBySecret(credential.secret), credential)
    t.equal(await store.credentialBySecret(credential.secret.toUpperCase()), undefined)
    t.equal(await store.credentialById('nobody'), undefined)
    t.equal(await store.revokeCredential(credential.id, 1_772_366_500_456), true)
    t.equal(await store.revokeCredential(credential.id, 1), false)
    t.equal(await store.revokeCredential('nobody', 1), false)
    t.strictSame(await store.credentialById(credential.id), { ...credential, revokedAt: 1_772_366_500_456 })
    t.equal((await store.listCredentials()).filter(({ id }) => id.endsWith(domain)).length, 2)
  },

  'a rotated credential is found by both of its secrets, until it is made anew': async (t, { store, domain }) => {
    const made = { kind: 'api', role: 'writer', previous: null, createdAt: 1, revokedAt: null } as const
    const credential = { ...made, id: `rotated ${domain}`, secret: `a ${domain}` }
    await store.addCredential(credential)
    const rotate = (from: string, to: string) =>
      store.rotateCredential(credential.id, { from: `${from} ${domain}`, to: `${to} ${domain}`, previousUntil: 2_000 })

    t.equal(await rotate('x', 'b'), false, 'somebody else was faster')
    t.equal(await rotate('a', 'b'), true)
    const rotated = { ...credential, secret: `b ${domain}`, previous: { secret: `a ${domain}`, until: 2_000 } }
    t.strictSame(await store.credentialBySecret(`a ${domain}`), rotated)
    t.strictSame(await store.credentialBySecret(`b ${domain}`), rotated)
    t.strictSame(await store.credentialById(credential.id), rotated)

    t.equal(await rotate('b', 'c'), true)
    t.equal(await store.credentialBySecret(`a ${domain}`), undefined, 'only the one before works on')
    await store.revokeCredential(credential.id, 5)
    t.equal(await rotate('c', 'd'), false, 'a revoked one')
    await store.addCredential({ ...credential, secret: `e ${domain}` })
    t.equal(await store.credentialBySecret(`b ${domain}`), undefined)
    t.match(await store.credentialById(credential.id), { secret: `e ${domain}`, previous: null })
  },

  'custom fields are kept, each name once': async (t, { store, domain }) => {
    const name = `Gr\u00F6\u00DFe ${domain}`
    const field = {
      name,
      jsonName: `x ${domain}`,
      label: 'L \u{1F4CF}',
      type: 'integer',
      isReadOnly: false,
      isCustom: true,
    } as const

    t.equal(await store.addField(field), true)
    t.equal(await store.addField({ ...field, type: 'string' }), false)
    t.strictSame(
      (await store.customFields()).filter(({ name }) => name.endsWith(domain)),
      [field],
    )
  },
}

/** That many people at the address x; the one given apart is the last of them but two. */
async function crowd(scene: Scene, count: number): Promise<{ readonly ids: number[]; readonly direct: number }> {
  const command = aSave({ address: scene.address('x'), mode: 'duplicate' })
  const answers = await scene.writes.submitAll(Array.from({ length: count }, () => aSubmission({ command })))
  const ids = answers.map(personIdOf).sort((a, b) => a - b)
  return { ids, direct: ids.at(-3)! }
}

async function goOn(scene: Scene, version: number) {
  return outcomeOf(await scene.carryOut({ type: 'continue-fan-out', key: aKey(scene.address('x')), version }))
}

/** Appends one more entry under that name, so many positions behind the head. */
async function appendAgain(scene: Scene, commandId: string, ahead: 0 | 1): Promise<void> {
  await scene.store.transact(async transaction => {
    const nobody = new Set<never>()
    const named = { keys: nobody, ids: nobody, cookies: nobody, links: nobody, fanOuts: new Map() }
    const wanted: Wanted = { ...named, foreignIds: [], members: [] }
    const situation = await transaction.read(wanted)
    const head = await transaction.lockHead()
    const facts = {
      seq: head.seq + ahead,
      commandId,
      at: Date.now(),
      kind: 'set-subscription' as const,
      actor: 'crm',
      source: 'test',
      addressHash: null,
      personId: null,
      detailHash: 'd'.repeat(64),
      previousHash: head.hash,
    }
    const hash = entryHash(facts)
    const outcome = { type: 'status-set', key: aKey(), status: 'unsubscribed', version: 1 } as const
    const append: Append = {
      entries: [{ ...facts, detail: '{}', redactedBy: null, hash }],
      details: [{ command: aSubscription('unsubscribed'), cause: aCause(), outcome, effects: [] }],
      difference: situation.difference(),
      answers: [],
      head: { ...head, seq: facts.seq, hash },
    }
    await transaction.append(append)
  })
  throw new StoreUnavailable('it was appended')
}

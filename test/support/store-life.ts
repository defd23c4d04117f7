// Everything that a store is ever asked for, once or in the forms that make another statement of it: what tests look at
// that must hold for every statement. It knows the verbs of the ports; what they must answer is said by other tests.
import type { Lease } from '../../src/service/flows/flows.js'
import { verify } from '../../src/service/log/verify.js'
import { eraseAddress } from '../../src/service/privacy/erase.js'
import type { Store } from '../../src/store/store.js'
import { aCause, aDelete, aHashAddress, aKey, anAddress, aSave, aSubmission, aSubscription } from './builders.js'
import { aGroupCommit, outcomeOf, personIdOf } from './group-commits.js'
import { workThrough } from './store-work.js'

export const crowdedAddress = 'office@life.example'
const crowdSize = 120
const ada = aKey('ada@life.example')
const holder = 'a'.repeat(32)
const page = { after: 0, limit: 10 }
const before = { before: 1_000_000, limit: 10 }

/** `scratch`: an empty store to verify against. */
export async function liveThrough(store: Store, scratch: Store): Promise<void> {
  const now = Date.now()
  const people = await writePeople(store)
  await readPeople(store, people, now)
  await readChanges(store, people[0]!, now)
  await keepSmallTables(store, now)
  await workThrough(store, people, now)
  await verify(store, { scratch })
  await erase(store, now)
  await archive(store, now)
}

async function writePeople(store: Store): Promise<number[]> {
  store.hashAddressesBy(aHashAddress)
  const { writes } = aGroupCommit(store)
  const replay = { type: 'fingerprint', replayKey: 'b'.repeat(64) } as const
  const carryOut = async (command: Parameters<typeof aSubmission>[0]) => writes.submit(aSubmission(command))
  const saves = [
    aSave({ address: 'ada@life.example', fields: { City: 'Turin' } }),
    aSave({ foreignId: { system: 'SFDC', value: 'F1' }, address: 'bob@life.example' }),
    aSave({ cookie: 'cookie-1', address: 'eve@life.example' }),
    aSave({ address: 'dan@life.example', mode: 'duplicate' }),
    aSave({ address: 'dan@life.example', mode: 'duplicate' }),
  ]
  const people = (await writes.submitAll(saves.map(command => aSubmission({ command })))).map(personIdOf)
  const [id, ...others] = people as [number, number, number, number, number]
  await carryOut({ command: aSave({ id, fields: { City: 'Oslo' } }), replay })
  await carryOut({ command: aSave({ id, foreignId: { system: 'SFDC', value: 'F2' }, cookie: 'cookie-2' }) })
  await carryOut({ command: aSave({ id, cookie: 'cookie-1', moveCookie: true }) })
  await carryOut({ command: aSubscription('unsubscribed', 'ada@life.example') })
  const refused = { command: aSubscription('subscribed', 'ada@life.example'), cause: aCause() }
  await carryOut({ ...refused, policy: { resubscribe: 'guarded', addressChange: 'reset' } })
  const list = (await store.addList('Visitors', 'Fair'))!
  for (const isMember of [true, false, true])
    await carryOut({ command: { type: 'change-list', list, people: [...others, id], isMember, strict: false } })
  await carryOut({ command: { type: 'merge-people', winner: others[2], losers: [others[3]] } })
  await carryOut({ command: aDelete(others[2]) })
  await carryOut({
    command: aSave({ address: 'named@life.example' }),
    replay: { ...replay, replayKey: 'c'.repeat(64) },
  })

  // More than are told at once.
  const many = aSubmission({ command: aSave({ address: crowdedAddress, mode: 'duplicate' }) })
  const crowd = (await writes.submitAll(Array.from({ length: crowdSize }, () => many))).map(personIdOf)
  await carryOut({ command: aSave({ id: crowd[0]!, unsubscribed: true }) })
  const [pending] = await store.pendingFanOuts(10)
  for (const size of [5, 500]) {
    const { key, version } = pending!
    outcomeOf(await carryOut({ command: { type: 'continue-fan-out', key, version, people: size } }))
  }
  await store.findCommands([holder])
  await store.reservePersonIds(3)
  await store.settled()
  return [id, others[0], others[1]]
}

async function readPeople(store: Store, people: readonly number[], now: number): Promise<void> {
  const [id] = people as [number, ...number[]]
  await store.peopleByIds(people)
  await store.peopleByForeignId({ system: 'SFDC', value: 'F2' })
  await store.peopleByCookie('cookie-1')
  await store.peopleByAddress(aKey(crowdedAddress), 100)
  await store.status(ada)
  await store.statusHistory(ada)
  await store.statusesOf([ada])
  await store.statusesOf([ada, aKey('bob@life.example')])
  await store.statusesOf(['ada', 'bob', 'eve', 'dan'].map(name => aKey(`${name}@life.example`)))
  const list = (await store.listByName('Fair.Visitors'))!
  const selections = [
    { type: 'ids', ids: people },
    { type: 'addresses', keys: [aKey(crowdedAddress)] },
    { type: 'foreign-ids', system: 'SFDC', values: ['F1', 'F2'] },
    { type: 'cookies', cookies: ['cookie-1', 'cookie-2'] },
    { type: 'list', listId: list.id },
    { type: 'everybody' },
  ] as const
  for (const selection of selections) {
    await store.selectedPeople(selection, page)
    await store.countSelected(selection)
  }
  await store.peopleWithValue({ field: 'City', value: 'Oslo' }, { ...page, lookedAtMax: 100 })
  await store.peopleWithValue({ field: 'City', value: 'Oslo' }, { ...page, lookedAtMax: 5 })
  const window = { from: now - 60_000, to: now }
  await store.updatedPeople(window, { after: null, limit: 10 })
  await store.updatedPeople(window, { after: { at: now - 1_000, id }, limit: 10 })
  await store.countUpdated(window)
  await store.activitiesOf(id, page)
  const size = { limit: 3, countMax: 100 }
  const times = { from: now - 60_000, to: now + 60_000 }
  const always = { from: null, to: null }
  const kinds = ['person-created', 'value-changed'] as const
  for (const owners of [null, people, Array.from({ length: 201 }, (_, index) => id + index), { listId: list.id }]) {
    await store.activitiesAfter(0, { ...always, kinds: null, owners }, size)
    await store.activitiesAfter(0, { ...always, kinds, owners }, size)
    await store.activitiesAfter(3, { ...times, kinds, owners }, size)
  }
  for (const asked of [
    { before: null, skip: 0 },
    { before: 1_000, skip: 2 },
  ]) {
    await store.latestActivitiesOf(id, { ...always, kinds: null }, { limit: 1, countMax: 100, ...asked })
    await store.latestActivitiesOf(id, { ...times, kinds }, { limit: 1, countMax: 100, ...asked })
  }
}

async function readChanges(store: Store, id: number, now: number): Promise<void> {
  await store.log(page)
  const head = await store.changeHead()
  await store.head()
  await store.cut()
  await store.changeBeginning()
  await store.positionBefore(now - 1_000)
  const kinds = ['status-changed', 'person-created', 'value-changed'] as const
  const start = { seq: 0, activityId: 0 }
  for (const key of [null, ada]) await store.changesAfter(start, { kinds, key }, { until: head, limit: 3 })
  const { steps } = await store.changesAfter(start, { kinds, key: null }, { until: head, limit: 50 })
  await store.changesByIds(steps.flatMap(({ changes }) => changes.map(change => change.id)))
  for (const filter of [
    { source: null, reason: null, from: null, to: null },
    { source: 'SOAP API', reason: 'Web service API', from: now - 60_000, to: now + 60_000 },
  ]) {
    await store.personHistory(id, { ...filter, attribute: null }, { before: null, limit: 1 })
    await store.personHistory(id, { ...filter, attribute: 'City' }, before)
    await store.addressHistory(ada, filter, { before: null, limit: 1 })
    await store.addressHistory(ada, filter, before)
  }
  await store.statusAt(ada, now)
  await store.lifeAt(id, now + 1_000)
  await store.lifeAfter(id, now - 60_000)
  await store.changeAt(id, 'City', { at: now + 1_000, after: 1 })
  await store.changeAfter(id, 'City', now - 60_000)
  await store.commandDetail(1)
  await store.refusals(page)
  await store.refusals({ ...page, key: ada })
  await store.commandPosition(holder)
  await store.cookiesOf([id])
  await store.listsOf([id])
  await store.deliveriesOf([1, 2])
  await store.flowRunsOn([id])
  await store.salesforceOf(ada, [id], [1])
  await store.entriesAt([1, 2])
}

async function keepSmallTables(store: Store, now: number): Promise<void> {
  await store.schemaState()
  await store.backlog(now)
  const secret = 'd'.repeat(64)
  const credential = { id: 'crm', kind: 'api', role: 'writer', secret, previous: null, createdAt: now } as const
  await store.addCredential({ ...credential, revokedAt: null })
  await store.credentialById('crm')
  await store.credentialBySecret(secret)
  await store.rotateCredential('crm', { from: secret, to: 'e'.repeat(64), previousUntil: now })
  await store.listCredentials()
  await store.addCredential({ ...credential, id: 'soap', kind: 'soap', secret: 'sealed', revokedAt: null })
  await store.revokeCredential('crm', now)
  await store.addCredential({ ...credential, revokedAt: null })
  await store.fact('one-click-secret', 'proposed')
  for (const sealed of await store.sealedTexts()) await store.replaceSealed(sealed, `${sealed.text} anew`)
  await store.customFields()
  await store.addField({ name: 'Colour', jsonName: 'colour', label: 'Colour', type: 'string' } as never)
  await store.lists()
  await store.listById(1)
  await store.workspaces()
  await store.addWorkspace({ name: 'Europe', partition: 'EU' })
  await store.membersOf(1, page)
  await store.membersAmong(1, [1, 2])
  await store.newestSettings()
  const setting = { name: 'resubscribe-reasons', value: '[]', changedAt: now, changedBy: 'crm' }
  for (const version of [1, 2]) await store.addSettingVersion({ ...setting, version })
  for (const asked of [null, 2]) await store.settingVersions(setting.name, { before: asked, limit: 3 })
  for (const calls of [1, 2]) await store.addCalls({ caller: 'crm', day: '2026-11-20', calls } as never)
  await store.forgetCallsBefore('2026-11-01')
  const attempt = { at: now, caller: 'crm', purpose: 'marketing', mode: 'guard', key: ada, statusVersion: 1 } as never
  await store.addBlockedAttempts([attempt, attempt])
  const selections = [
    ...[{}, { key: ada }, { caller: 'crm' }, { from: now - 1_000, to: now }],
    { key: ada, caller: 'crm', purpose: 'marketing', from: now - 1_000, to: now },
  ] as never[]
  for (const selection of selections) {
    await store.blockedAttempts(selection, { before: null, limit: 3 })
    await store.blockedAttempts(selection, before)
  }
  await store.forgetBlockedAttempts(now + 1, 1)
  // The first is one that is still kept; what is too old are few at any time.
  for (const expired of [now + 10_000_000_000, now - 500_000]) await store.forgetAnswers(expired, 1)
}

async function erase(store: Store, now: number): Promise<void> {
  const cause = aCause({ role: 'admin', reason: 'request 17', reasonGiven: true })
  const erased = await eraseAddress(
    { address: anAddress('ada@life.example'), cause, replay: { type: 'none' } },
    { store, hashAddress: aHashAddress, answersKeptMs: 1_000_000, now: () => now },
  )
  if (erased.type !== 'carried-out') throw new Error(`erasing was answered ${JSON.stringify(erased)}`)
  // It comes back, and brings along what was kept.
  const { writes } = aGroupCommit(store)
  outcomeOf(await writes.submit(aSubmission({ command: aSave({ address: 'ada@life.example' }) })))
  await store.status(ada)
}

async function archive(store: Store, now: number): Promise<void> {
  const lease: Lease = { holder, until: now + 60_000 }
  const claimed = await store.claimArchive(now, lease)
  if (claimed === undefined) throw new Error('the archive was claimed by nobody else')
  await store.holdArchive(holder, now + 60_000)
  // By a clock that is past all that clocks may be apart.
  const plan = await store.archivable(now + 3_600_000, 10)
  if (plan === null) throw new Error('there was something to archive')
  await store.planArchive(holder, plan)
  await store.activitiesBetween(0, plan.activityId, 100)
  const [entry] = await store.log({ after: plan.seq - 1, limit: 1 })
  const cut = { ...plan, hash: entry!.hash, at: now }
  if (!(await store.moveCut(holder, claimed.cut, cut))) throw new Error('the cut did not move')
  const first = await store.firstDroppable()
  await store.dropArchived(first!, 5)
  await store.dropArchived({ ...first!, activityId: cut.activityId + 1 }, 5)
  await store.letGoOfArchive(holder)
}

// Whom a command means: id, then foreign id, then cookie, then address.
import t from 'tap'
import {
  aDelete,
  aForeignId,
  anAddress,
  aPerson,
  aSave,
  aSituation,
  aStatus,
  carryOut,
  noon,
} from '../support/builders.js'

const sfdc = aForeignId('00Q1')
const world = () => ({
  people: [
    aPerson({ id: 1 }),
    aPerson({ id: 2, address: 'grace@example.org' }),
    aPerson({ id: 3, address: 'joan@example.org' }),
    aPerson({ id: 4, address: null }),
  ],
  foreignIds: [{ foreignId: sfdc, personId: 2 }],
  cookies: [{ cookie: 'token:3', personId: 3 }],
  addresses: ['new@example.org'],
})
const outcomeOf = (decision: ReturnType<typeof carryOut>) =>
  decision.type === 'carried-out' ? decision.outcome : decision.rejection

t.test('the first identifier that is given decides; the others are changes to that person', async t => {
  const everything = { foreignId: sfdc, cookie: 'token:3', by: 'ada@example.org' }
  const cases = [
    [{ id: 4, ...everything }, 4],
    [everything, 2],
    [{ cookie: 'token:3', by: 'ada@example.org' }, 3],
    [{ by: 'ada@example.org' }, 1],
  ] as const

  for (const [traits, personId] of cases)
    t.match(outcomeOf(carryOut(aSituation(world()), aSave(traits))), { type: 'updated', personId })
})

t.test(
  'a foreign id and an address in one call: the foreign id says who, the address is where they are now',
  async t => {
    const situation = aSituation(world())

    carryOut(situation, aSave({ foreignId: sfdc, address: 'new@example.org' }))

    t.equal(situation.person(2)?.address?.key, 'new@example.org')
  },
)

t.test(
  'of several people with the address the one that was saved last is meant, by id where that is equal',
  async t => {
    const people = [
      aPerson({ id: 1, savedAt: noon }),
      aPerson({ id: 2, savedAt: noon + 2 }),
      aPerson({ id: 3, savedAt: noon + 2 }),
      aPerson({ id: 4, savedAt: noon + 1, updatedAt: noon + 9 }),
    ]

    t.match(outcomeOf(carryOut(aSituation({ people }), aSave({ by: 'ADA@example.org' }))), { personId: 3 })
  },
)

t.test('an unknown id alone makes nobody; with another identifier the new person takes that id', async t => {
  const alone = outcomeOf(carryOut(aSituation(world()), aSave({ id: 77 })))
  const withAddress = outcomeOf(carryOut(aSituation(world()), aSave({ id: 77, by: 'new@example.org' })))
  const withForeignId = outcomeOf(carryOut(aSituation(world()), aSave({ id: 77, foreignId: aForeignId('x') })))

  t.strictSame(alone, { type: 'person-not-found', by: 'id', value: '77' })
  t.match(withAddress, { type: 'created', personId: 77 })
  t.match(withForeignId, { type: 'created', personId: 77 })
})

t.test('an unknown foreign id, cookie or address makes a person, with that identifier', async t => {
  const foreignId = aForeignId('never seen')
  const byForeignId = aSituation(world())
  carryOut(byForeignId, aSave({ foreignId }))
  t.equal(byForeignId.personByForeignId(foreignId)?.id, 1001)

  const byCookie = aSituation(world())
  carryOut(byCookie, aSave({ cookie: 'never seen' }))
  t.equal(byCookie.personByCookie('never seen')?.id, 1001)

  const byAddress = aSituation(world())
  carryOut(byAddress, aSave({ by: 'New@example.org' }))
  t.strictSame(byAddress.person(1001)?.address, anAddress('New@example.org'))
})

t.test('an update never makes anybody, and says by what it looked', async t => {
  const cases = [
    [
      { id: 77, by: 'new@example.org' },
      { by: 'id', value: '77' },
    ],
    [{ foreignId: aForeignId('x') }, { by: 'foreign-id', value: 'x' }],
    [{ cookie: 'x' }, { by: 'cookie', value: 'x' }],
    [{ by: 'New@example.org' }, { by: 'address', value: 'New@example.org' }],
  ] as const

  for (const [traits, lookedFor] of cases) {
    const outcome = outcomeOf(carryOut(aSituation(world()), aSave({ ...traits, mode: 'update' })))
    t.strictSame(outcome, { type: 'person-not-found', ...lookedFor })
  }
})

t.test('a call that names nobody is refused', async t => {
  const nobody = { ...aSave(), identity: {} }

  for (const mode of ['upsert', 'update', 'duplicate'] as const)
    t.strictSame(outcomeOf(carryOut(aSituation(world()), { ...nobody, mode })), { type: 'identity-required' })
})

t.test('a duplicate is made although somebody has the address', async t => {
  const outcome = outcomeOf(carryOut(aSituation(world()), aSave({ by: 'ada@example.org', mode: 'duplicate' })))

  t.match(outcome, { type: 'created', personId: 1001 })
})

t.test('a duplicate asked for under an id that somebody has gets an id of its own', async t => {
  const situation = aSituation(world())

  const outcome = outcomeOf(carryOut(situation, aSave({ id: 1, by: 'new@example.org', mode: 'duplicate' })))

  t.match(outcome, { type: 'created', personId: 1001 })
  t.equal(situation.person(1)?.address?.key, 'ada@example.org')
})

t.test('a cookie that nobody owns is given to whom the address names', async t => {
  const situation = aSituation(world())

  const outcome = outcomeOf(carryOut(situation, aSave({ cookie: 'fresh', by: 'ada@example.org' })))

  t.match(outcome, { type: 'updated', personId: 1 })
  t.equal(situation.personByCookie('fresh')?.id, 1)
})

t.test('a cookie that is to be moved names nobody: it goes over to whom the address names', async t => {
  const situation = aSituation(world())
  const command = aSave({ cookie: 'token:3', by: 'ada@example.org', moveCookie: true })

  t.match(outcomeOf(carryOut(situation, command)), { type: 'updated', personId: 1 })
  t.equal(situation.personByCookie('token:3')?.id, 1)
})

t.test('a cookie stays with its owner unless it is to be moved', async t => {
  const situation = aSituation(world())

  carryOut(situation, aSave({ id: 1, cookie: 'token:3' }))

  t.equal(situation.personByCookie('token:3')?.id, 3)
})

t.test('a cookie that is to be moved still names a person where no address does', async t => {
  t.match(outcomeOf(carryOut(aSituation(world()), aSave({ cookie: 'token:3', moveCookie: true }))), { personId: 3 })
})

t.test('a foreign id follows the person that it is given to', async t => {
  const situation = aSituation(world())

  carryOut(situation, aSave({ id: 1, foreignId: sfdc }))

  t.equal(situation.personByForeignId(sfdc)?.id, 1)
})

t.test('the same value in two systems is two foreign ids', async t => {
  const situation = aSituation(world())

  t.match(outcomeOf(carryOut(situation, aSave({ foreignId: aForeignId('00Q1', 'OTHER') }))), { type: 'created' })
  t.equal(situation.personByForeignId(sfdc)?.id, 2)
})

t.test('an address that several have names one of them, unless the caller would have that refused', async t => {
  const people = [
    aPerson({ id: 1, savedAt: noon }),
    aPerson({ id: 2, savedAt: noon + 1 }),
    aPerson({ id: 3, address: null }),
  ]
  const foreignIds = [{ foreignId: sfdc, personId: 1 }]
  const several = { type: 'several-people', address: 'ada@example.org', count: 2 }
  const save = (traits: Parameters<typeof aSave>[0], crowded: readonly string[] = []) =>
    outcomeOf(carryOut(aSituation({ people, foreignIds, crowded }), aSave({ whenSeveral: 'refuse', ...traits })))

  t.match(save({ by: 'ada@example.org', whenSeveral: undefined }), { type: 'updated', personId: 2 })
  t.strictSame(save({ by: 'ADA@example.org', unsubscribed: true }), several)
  t.strictSame(save({ by: 'ada@example.org', mode: 'update' }), several)
  t.strictSame(save({ by: 'ada@example.org' }, ['ada@example.org']), { ...several, count: null })
  t.match(save({ by: 'ada@example.org', mode: 'duplicate' }), { type: 'created' })
  t.match(save({ foreignId: sfdc, by: 'ada@example.org' }), { type: 'updated', personId: 1 }, 'named by more than it')
  t.match(save({ id: 3, address: 'ada@example.org' }), { type: 'updated', personId: 3 }, 'as its new address')
})

t.test('a person that moved on since the caller saw it is left as it is', async t => {
  const people = [aPerson({ id: 1, updatedAt: noon }), aPerson({ id: 2, address: null, updatedAt: noon })]
  const statuses = [aStatus('ada@example.org', 'unsubscribed', 3)]
  const seen = { updatedAt: noon, statusVersion: 3 }
  const change = (id: number, expected: { updatedAt: number; statusVersion: number }) =>
    [aSave({ id, expected, fields: { City: 'Paris' } }), aDelete(id, expected)].map(command =>
      outcomeOf(carryOut(aSituation({ people, statuses }), command)),
    )

  t.match(change(1, seen), [{ type: 'updated' }, { type: 'deleted' }])
  t.match(change(2, { updatedAt: noon, statusVersion: 0 }), [{ type: 'updated' }, { type: 'deleted' }])
  for (const other of [
    { updatedAt: noon - 1, statusVersion: 3 },
    { updatedAt: noon, statusVersion: 2 },
  ]) {
    const moved = { type: 'person-moved', personId: 1, actual: seen }
    t.strictSame(change(1, other), [moved, moved])
  }
})

// What follows from seeing a record of Salesforce: examples by name, with each precedence.
import t from 'tap'
import {
  type Precedence,
  precedences,
  type SalesforceRecord,
  unseenRecord,
} from '../../src/domain/salesforce-record.js'
import {
  type AddressStatus,
  afterRefusal,
  decideSighting,
  type Sighting,
  type SyncSituation,
  settleDecision,
} from '../../src/domain/salesforce-sync.js'
import { anAddress } from '../support/builders.js'
import { aRecord, contactId, orgId } from '../support/salesforce-values.js'

const address = anAddress('ada@example.org')
const hour = 3_600_000
const subscribed: AddressStatus = { status: 'subscribed', version: 2, since: 5 * hour, isOurs: true }
const untouched: AddressStatus = { status: 'subscribed', version: 0, since: null, isOurs: true }
const optedOut: AddressStatus = { status: 'unsubscribed', version: 3, since: 5 * hour, isOurs: true }

const seen = (given: Partial<Sighting> = {}): Sighting => ({
  ...{ address, optedOut: false, lastModified: 9 * hour, modifiedBy: null, isDeleted: false },
  ...given,
})

const given = (situation: Partial<SyncSituation> = {}): SyncSituation => ({
  ...{ record: aRecord(), status: untouched, precedence: 'or', writer: null, now: 10 * hour },
  ...situation,
})

const shadow = (optedOut: boolean | null, more: Partial<SalesforceRecord> = {}) =>
  aRecord({ optedOut, lastModified: 4 * hour, ...more })

const wishOf = (sighting: Sighting, situation: SyncSituation) => {
  const decision = decideSighting(sighting, situation)
  return settleDecision(decision, situation.status).wish
}

t.test('scenario 34: an edit of something else is no re-subscribe, and the opt-out goes back', async t => {
  for (const precedence of precedences) {
    const situation = given({ record: shadow(false), status: optedOut, precedence })

    const decision = decideSighting(seen({ optedOut: false }), situation)

    t.match(decision, { outcome: 'nothing-new', command: null, conflict: null })
    t.match(wishOf(seen(), situation), { optedOut: true, cause: 'opt-out-stands', statusVersion: 3 })
  }
})

t.test('a record that is made opted-in for an opted-out address is no re-subscribe either', async t => {
  const record = unseenRecord({ orgId, recordId: contactId(1) }, 'Contact')
  for (const precedence of precedences) {
    const situation = given({ record, status: optedOut, precedence })
    t.match(decideSighting(seen(), situation), { command: null, record: { optedOut: false } })
    t.match(wishOf(seen(), situation), { optedOut: true })
  }
})

t.test('opted out there, or first seen so, is an opt-out here', async t => {
  for (const before of [false, null]) {
    for (const precedence of precedences) {
      const situation = given({ record: shadow(before), precedence })
      const decision = decideSighting(seen({ optedOut: true }), situation)
      t.match(decision, { outcome: 'opted-out', command: 'unsubscribe', conflict: null, record: { optedOut: true } })
    }
  }
})

t.test('scenario 35: cleared there, it waits for this side under or, and counts under every other', async t => {
  const record = shadow(true, { agreedVersion: 3 })
  const told = (precedence: Precedence) => decideSighting(seen(), given({ record, status: optedOut, precedence }))

  const waiting = told('or')
  t.match(waiting, { outcome: 'conflict', command: null, conflict: { resolution: 'waits' } })
  t.match(waiting.record, { optedOut: false, waitingSince: 10 * hour })
  for (const precedence of ['latest', 'salesforce', 'local'] as const) {
    t.match(told(precedence), { outcome: 're-subscribed', command: 're-subscribe', conflict: null })
  }

  const edited = given({ record: waiting.record, status: optedOut })
  t.equal(wishOf(seen({ lastModified: 9.5 * hour }), edited), null, 'an edit in between does not end the waiting')
  const agreed = settleDecision(decideSighting(seen({ lastModified: 9.5 * hour }), edited), subscribed)
  t.match(agreed, { record: { waitingSince: null, agreedVersion: 2 }, wish: null })
})

t.test('where both changed since they agreed, the precedence says who wins', async t => {
  const cleared = { record: shadow(true, { agreedVersion: 1 }), status: optedOut }
  const setThere = { record: shadow(false, { agreedVersion: 1 }), status: subscribed }
  const older = { lastModified: 4.5 * hour }
  const told = (sighting: Partial<Sighting>, situation: Partial<SyncSituation>, precedence: Precedence) => {
    const decision = decideSighting(seen(sighting), given({ ...situation, precedence }))
    return `${decision.command} ${decision.conflict?.resolution} ${decision.wish?.optedOut}`
  }

  t.equal(told({}, cleared, 'salesforce'), 're-subscribe took-theirs undefined')
  t.equal(told({}, cleared, 'local'), 'null kept-ours true')
  t.equal(told({}, cleared, 'latest'), 're-subscribe took-theirs undefined')
  t.equal(told(older, cleared, 'latest'), 'null kept-ours true')
  t.equal(told({ lastModified: 5 * hour }, cleared, 'latest'), 'null kept-ours true', 'at the same time the opt-out')

  t.equal(told({ optedOut: true }, setThere, 'or'), 'unsubscribe took-theirs undefined')
  t.equal(told({ optedOut: true }, setThere, 'salesforce'), 'unsubscribe took-theirs undefined')
  t.equal(told({ optedOut: true }, setThere, 'local'), 'null kept-ours false')
  t.equal(told({ optedOut: true }, setThere, 'latest'), 'unsubscribe took-theirs undefined')
  t.equal(told({ optedOut: true, ...older }, setThere, 'latest'), 'null kept-ours false')
  const sameTime = { optedOut: true, lastModified: 5 * hour }
  t.equal(told(sameTime, setThere, 'latest'), 'unsubscribe took-theirs undefined')
})

t.test('scenario 33: what is older than what was seen changes nothing; at the same time an opt-out counts', async t => {
  const record = shadow(true, { agreedVersion: 3 })
  const situation = given({ record, status: optedOut, precedence: 'salesforce' })

  for (const lastModified of [3 * hour, 4 * hour]) {
    const decision = decideSighting(seen({ lastModified, address: anAddress('eve@example.org') }), situation)
    t.match(decision, { outcome: 'older', command: null })
    t.same(settleDecision(decision, situation.status), { record, wish: null })
  }
  const other = given({ record: shadow(false) })
  t.equal(decideSighting(seen({ optedOut: true, lastModified: 4 * hour }), other).command, 'unsubscribe')
})

t.test('a clearing that does not say when does not count', async t => {
  const record = shadow(true, { agreedVersion: 3 })
  const situation = given({ record, status: optedOut, precedence: 'salesforce' })

  t.match(decideSighting(seen({ lastModified: null }), situation), { command: null, outcome: 'conflict' })
  t.match(wishOf(seen({ lastModified: null }), situation), { optedOut: true })
  t.equal(decideSighting(seen({ lastModified: null, optedOut: true }), given()).command, 'unsubscribe')
})

t.test('scenario 36: what we wrote comes back and is nobody’s word', async t => {
  const writer = '005000000000001'
  const written = { optedOut: true, at: 8 * hour, isPending: true }
  const situation = given({ record: shadow(false, { written }), status: subscribed, writer })

  const echo = decideSighting(seen({ optedOut: true, modifiedBy: `${writer}AAA` }), situation)
  t.match(echo, { outcome: 'echo', command: null, wish: null })
  t.match(echo.record, { optedOut: true, written: { isPending: false } })
  const byAnother = decideSighting(seen({ optedOut: true, modifiedBy: '005000000000002AAA' }), situation)
  t.equal(byAnother.command, 'unsubscribe')

  const answered = shadow(true, { written: { ...written, isPending: false }, agreedVersion: 3 })
  const after = given({ record: answered, status: optedOut, writer, precedence: 'salesforce' })
  t.match(decideSighting(seen({ optedOut: true }), after), { outcome: 'nothing-new', command: null })
  const late = decideSighting(seen({ lastModified: 8 * hour }), after)
  t.match(late, { command: null, record: { optedOut: true } }, 'a message from before our write arrives after it')
  t.equal(decideSighting(seen({ lastModified: 9 * hour }), after).command, 're-subscribe')
})

t.test('R3: with another address the record meets that one’s status', async t => {
  const moved = seen({ address: anAddress('eve@example.org'), optedOut: true })
  const record = shadow(true, { agreedVersion: 3 })

  t.match(wishOf({ ...moved, optedOut: false }, given({ record: shadow(false), status: optedOut })), { optedOut: true })
  for (const [precedence, resolution] of [
    ['or', 'waits'],
    ['salesforce', 'waits'],
    ['local', 'kept-ours'],
    ['latest', 'kept-ours'],
  ] as const) {
    const decision = decideSighting(moved, given({ record, precedence }))
    t.match(decision, { command: null, conflict: { resolution }, record: { agreedVersion: null } })
  }
})

t.test('R4: address and flag in one edit are a command on the new address', async t => {
  const moved = seen({ address: anAddress('eve@example.org'), optedOut: true })
  t.match(decideSighting(moved, given({ record: shadow(false) })), {
    command: 'unsubscribe',
    record: { address: { key: 'eve@example.org' } },
  })
})

t.test('a refused re-subscribe leaves the opt-out, and sends it back', async t => {
  const record = shadow(true, { agreedVersion: 3 })
  const situation = given({ record, status: optedOut, precedence: 'latest' })

  const refused = afterRefusal(decideSighting(seen(), situation), situation)

  t.match(refused, { command: null, conflict: { resolution: 'kept-ours' } })
  t.match(settleDecision(refused, optedOut).wish, { optedOut: true, cause: 'conflict' })
})

t.test('a deleted record says nothing about anybody', async t => {
  const deleted = seen({ isDeleted: true, optedOut: undefined, address: undefined, lastModified: null })
  const decision = decideSighting(deleted, given({ record: shadow(false), status: optedOut }))
  t.match(decision, { outcome: 'deleted', command: null, record: { isDeleted: true, optedOut: false } })
  t.equal(settleDecision(decision, optedOut).wish, null)
})

t.test('a record without an address is about nobody until it has one', async t => {
  const nobody = shadow(null, { address: null })
  const first = decideSighting(seen({ address: undefined, optedOut: true }), given({ record: nobody, status: null }))
  t.match(first, { command: null, record: { optedOut: true, address: null } })
  const second = decideSighting(
    seen({ optedOut: true, lastModified: 9.5 * hour }),
    given({ record: first.record, precedence: 'local' }),
  )
  t.equal(second.command, 'unsubscribe')
})

t.test('a clearing from before an opt-out here is older, also where a message in between agreed with it', t => {
  const agreedMeanwhile = shadow(true, { agreedVersion: 3 })
  const clearing = seen({ lastModified: 4.5 * hour })
  for (const [precedence, command] of [
    ['latest', null],
    ['local', null],
    ['salesforce', 're-subscribe'],
  ] as const) {
    const situation = given({ record: agreedMeanwhile, status: optedOut, precedence })
    t.equal(decideSighting(clearing, situation).command, command, precedence)
    const fromThere = given({ record: agreedMeanwhile, status: { ...optedOut, isOurs: false }, precedence })
    t.equal(decideSighting(clearing, fromThere).command, 're-subscribe', `${precedence}: heard of later, said before`)
  }
  t.end()
})

t.test('an opt-out is not older than what was only heard of after it, from another record there', t => {
  const status: AddressStatus = { ...subscribed, isOurs: false }
  const situation = given({ record: shadow(false), status, precedence: 'latest' })
  const optOut = seen({ optedOut: true, lastModified: 4.5 * hour })
  t.equal(decideSighting(optOut, situation).command, 'unsubscribe')
  t.equal(decideSighting(optOut, { ...situation, status: subscribed }).command, null)
  t.end()
})

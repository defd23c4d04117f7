// The sync over random lives of one record and one address: edits on both sides, messages late, twice, out of order and
// lost, writes that come back. What must hold whatever happens.
import fc from 'fast-check'
import t from 'tap'
import {
  type Precedence,
  precedences,
  type SalesforceRecord,
  unseenRecord,
} from '../../src/domain/salesforce-record.js'
import {
  type AddressStatus,
  decideSighting,
  type Sighting,
  type SyncDecision,
  settleDecision,
} from '../../src/domain/salesforce-sync.js'
import { anAddress } from '../support/builders.js'
import { contactId, orgId } from '../support/salesforce-values.js'

const step = fc.oneof(
  fc.record({ type: fc.constant('edit-there' as const), optedOut: fc.option(fc.boolean(), { nil: undefined }) }),
  fc.record({ type: fc.constant('set-here' as const), optedOut: fc.boolean() }),
  // `at`: which of the messages so far; also one that came before.
  fc.record({ type: fc.constant('message' as const), at: fc.nat(20) }),
  fc.record({ type: fc.constant('write' as const), isAnswered: fc.boolean() }),
)

const minute = 60_000

class Life {
  readonly precedence: Precedence
  there = false
  modified = 0
  here: AddressStatus = { status: 'subscribed', version: 0, since: null, isOurs: true }
  now = 0
  record: SalesforceRecord = unseenRecord({ orgId, recordId: contactId(1) }, 'Contact')
  wish: boolean | null = null
  readonly messages: Sighting[] = []

  constructor(precedence: Precedence) {
    this.precedence = precedence
    this.edit(undefined)
  }

  edit(optedOut: boolean | undefined, modifiedBy = 'a person'): void {
    this.there = optedOut ?? this.there
    this.modified = this.now
    this.messages.push({
      address: anAddress('ada@example.org'),
      optedOut: this.there,
      lastModified: this.now,
      modifiedBy,
      isDeleted: false,
    })
  }

  setHere(optedOut: boolean, isOurs = true): void {
    const status = optedOut ? 'unsubscribed' : 'subscribed'
    if (status === this.here.status) return
    this.here = { status, version: this.here.version + 1, since: this.now, isOurs }
    this.wish = optedOut || this.precedence !== 'or' ? optedOut : null
  }

  see(sighting: Sighting): SyncDecision {
    const { record, precedence, now } = this
    const decision = decideSighting(sighting, { record, status: this.here, precedence, writer: 'us', now })
    if (decision.command !== null) this.setHere(decision.command === 'unsubscribe', false)
    const settled = settleDecision(decision, this.here)
    this.record = settled.record
    if (settled.wish !== null) this.wish = settled.wish.optedOut
    return decision
  }

  write(isAnswered: boolean): void {
    if (this.wish === null) return
    const optedOut = this.wish
    this.record = { ...this.record, written: { optedOut, at: this.now, isPending: !isAnswered } }
    this.edit(optedOut, 'us')
    if (isAnswered) this.record = { ...this.record, optedOut, agreedVersion: this.here.version }
    this.wish = null
  }
}

t.test('whatever happens, nobody is re-subscribed but by a clearing that was seen, and opt-outs arrive', async t => {
  for (const precedence of precedences) {
    const property = fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const life = new Life(precedence)
      for (const each of steps) {
        life.now += 5 * minute
        if (each.type === 'edit-there') life.edit(each.optedOut)
        else if (each.type === 'set-here') life.setHere(each.optedOut)
        else if (each.type === 'write') life.write(each.isAnswered)
        else {
          const { record: before, here } = life
          const sighting = life.messages[each.at % life.messages.length]!
          const decision = life.see(sighting)

          if (decision.command === 're-subscribe') {
            // A transition of the record, said by somebody else than us, and never under `or`.
            if (before.optedOut !== true || sighting.optedOut !== false) return false
            if (sighting.modifiedBy === 'us' || precedence === 'or') return false
            if (sighting.lastModified! < before.lastModified!) return false
            // An opt-out that somebody said here later stands, but where Salesforce has the word.
            if (precedence !== 'salesforce' && here.isOurs && sighting.lastModified! <= here.since!) return false
          }
          if (precedence === 'or' && decision.wish?.optedOut === false) return false
          if (sighting.lastModified! < (before.lastModified ?? 0) && life.here !== here) return false
          // An opt-out here is either there, on its way there, or waits for this side to agree.
          const { record, wish } = life
          const isKnown = record.optedOut === true || wish === true || record.waitingSince !== null
          const isOnItsWay = record.written?.isPending === true && record.written.optedOut
          if (life.here.status === 'unsubscribed' && decision.outcome === 'nothing-new' && !isKnown && !isOnItsWay)
            return false
          // The same once more is nothing new.
          const again = decideSighting(sighting, {
            ...{ record, status: life.here, precedence, writer: 'us', now: life.now },
          })
          if (again.command !== null) return false
        }
      }
      return true
    })
    t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }), precedence)
  }
})

// The program's rules and the naive ones, told the same commands and compared after each: states, answers, versions,
// and the history that each person was told.
import type { Activity, Cause, Command, Effect, Outcome } from '../../src/domain/command.js'
import { decide } from '../../src/domain/decide.js'
import { evolve } from '../../src/domain/evolve.js'
import type { WorkingSet } from '../../src/domain/working-set.js'
import { aCause, aKey, aMoment, anAddress, aPolicy, aProvenCause, aSituation, someFacts } from './builders.js'
import { type NaiveCommand, NaiveModel, type NaivePolicy, type NaiveWho } from './naive-model.js'

export class SideBySide {
  readonly model: NaiveModel
  readonly situation: WorkingSet
  readonly answers = new Map<NaiveCommand, Outcome>()
  /** The flag that the history of each person ends with. */
  readonly told = new Map<number, string>()
  nextId = 1
  seq = 0

  constructor(
    addresses: readonly string[],
    readonly policy: NaivePolicy,
  ) {
    this.model = new NaiveModel(addresses)
    this.situation = aSituation({ addresses })
  }

  /** Gives the number of status changes. Throws where the two sides part. */
  carryOut(naive: NaiveCommand, isRepeat: boolean): number {
    const answeredBefore = isRepeat ? (this.answers.get(naive) ?? null) : null
    const now = ++this.seq
    const before = new Map([...this.model.statuses].map(([key, status]) => [key, { ...status }]))
    const policy = aPolicy({
      resubscribe: this.policy.guarded ? 'guarded' : 'compatible',
      addressChange: this.policy.carryOver ? 'carry-over' : 'reset',
    })
    const peopleBefore = JSON.stringify(this.model.people)

    const cause = toCause(naive.who)
    const decision = decide(
      toCommand(naive),
      this.situation,
      someFacts({ cause, policy, freshPersonId: this.nextId, answeredBefore }),
    )
    const effects = decision.type === 'carried-out' ? decision.effects : []
    evolve(this.situation, effects, aMoment({ seq: now, at: now, cause }))
    const answer = this.model.carryOut(naive, this.policy, answeredBefore !== null, this.nextId, now)

    same(answerOf(decision), answer, 'answer')
    if (decision.type === 'carried-out' && answeredBefore === null) this.answers.set(naive, decision.outcome)
    if (answer === 'created' || answer === 'created-with-warning') this.nextId++
    this.checkStates()
    const isUnchanged =
      JSON.stringify(this.model.people) === peopleBefore &&
      JSON.stringify([...this.model.statuses]) === JSON.stringify([...before])
    // R6, and rejections: nothing happened, and nothing says otherwise.
    if (isUnchanged) same(effects, [], 'effects of a command that changed nothing')
    if (naive.type === 'delete') same([...this.model.statuses], [...before], 'R10: statuses after a deletion')
    if (naive.type === 'merge') {
      const subscribed = [...before].filter(([key, { out }]) => out && !this.model.statusOf(key).out)
      same(subscribed, [], 'R9: addresses that a merge subscribed')
    }
    this.checkHistory(effects)
    return this.checkVersions(effects, before)
  }

  checkStates(): void {
    const { situation, model } = this
    const { statuses } = situation.difference()
    for (const [key, { out, version, weight }] of model.statuses) {
      const status = situation.status(aKey(key))
      if (out) same(status.origin, origins[weight - 1], `whose word the opt-out of ${key} is`)
      same([status.status === 'unsubscribed', status.version], [out, version], `status of ${key}`)
      const written = statuses.find(row => row.status.key === key)?.people ?? 0
      same(written, model.countAt(key), `number of people at ${key}`)
      same(situation.peopleOf(aKey(key))?.length, model.countAt(key), `people at ${key}`)
    }
    for (let id = 1; id < this.nextId; id++) {
      const ours = situation.person(id)
      const theirs = model.people.find(person => person.id === id)
      same(
        ours && [ours.address?.text ?? null, ours.ownUnsubscribed, ours.fields.City ?? null, ours.savedAt],
        theirs && [theirs.address, theirs.own, theirs.city, theirs.savedAt],
        `person ${id}`,
      )
    }
  }

  // Each line begins where the one before it ended, and the last one says what the person shows.
  checkHistory(effects: readonly Effect[]): void {
    for (const { personId, from, to } of effects.filter(isFlagActivity)) {
      same(from, this.told.get(personId) ?? '0', `history of person ${personId}`)
      same(to, from === '0' ? '1' : '0', `history of person ${personId}`)
      this.told.set(personId, to!)
    }
    for (const person of this.model.people)
      same(this.told.get(person.id) ?? '0', this.model.shows(person) ? '1' : '0', `flag told to person ${person.id}`)
  }

  checkVersions(effects: readonly Effect[], before: ReadonlyMap<string, { readonly version: number }>): number {
    const versions = new Map([...before].map(([key, { version }]) => [key, version]))
    const changes = effects.filter(effect => effect.type === 'status-changed' || effect.type === 'cause-strengthened')
    for (const { key, version } of changes) {
      same(version, versions.get(key)! + 1, `version of ${key}`)
      versions.set(key, version)
    }
    return changes.length
  }
}

const origins = ['import', 'operator', 'recipient'] as const

function toCause({ weight, proof }: NaiveWho): Cause {
  const origin = origins[weight - 1]
  if (proof === 'none') return aCause({ origin })
  return aProvenCause({ origin, reason: proof === 'wish' ? 'asked to be back' : 'our mistake' })
}

const isFlagActivity = (effect: Effect): effect is Activity =>
  effect.type === 'activity' && effect.attribute === 'Unsubscribed'

function toCommand(naive: NaiveCommand): Command {
  if (naive.type === 'delete') return { type: 'delete-person', id: naive.id }
  if (naive.type === 'merge') return { type: 'merge-people', winner: naive.winner, losers: naive.losers }
  if (naive.type === 'set') {
    const status = naive.out ? 'unsubscribed' : 'subscribed'
    return { type: 'set-subscription', address: anAddress(naive.address), status }
  }
  const { id, address, flag, flagMode, city, mode } = naive
  return {
    type: 'save-person',
    identity: id === null ? { address: anAddress(address!) } : { id },
    ...(address === undefined ? {} : { address: address === null ? null : anAddress(address) }),
    unsubscribed: flag,
    flagMode,
    fields: city === undefined ? {} : { City: city },
    mode,
  }
}

function answerOf(decision: ReturnType<typeof decide>): string {
  if (decision.type === 'rejected') return 'rejected'
  const { outcome } = decision
  if (outcome.type === 'created' && outcome.warnings.length > 0) return 'created-with-warning'
  return outcome.type === 'status-set' ? 'set' : outcome.type
}

function same(ours: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(ours), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: expected ${other}, got ${one}`)
}

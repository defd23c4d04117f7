// Things that tests are about, each with defaults that tell: a test names only what matters to it. Every call makes
// new ones; nothing here is shared or counted.
import { type Address, type AddressKey, parseAddress } from '../../src/domain/address.js'
import type {
  Activity,
  Cause,
  Decision,
  DeletePerson,
  Effect,
  Facts,
  Policy,
  SavePerson,
  SetSubscription,
} from '../../src/domain/command.js'
import { decide } from '../../src/domain/decide.js'
import { evolve } from '../../src/domain/evolve.js'
import type { EmailStatus, FanOut, ForeignId, Person, Status } from '../../src/domain/person.js'
import { untouchedStatus } from '../../src/domain/person.js'
import type { ResubscribeReason } from '../../src/domain/resubscribe.js'
import type { Moment } from '../../src/domain/status-after.js'
import { WorkingSet } from '../../src/domain/working-set.js'
import { addressHasher } from '../../src/service/log/log-chain.js'
import type { Submission } from '../../src/service/writes/submission.js'

/** 1 March 2026, noon UTC. */
export const noon = Date.UTC(2026, 2, 1, 12)

export const aHashAddress = addressHasher(Buffer.from('a key for tests'))

/** @throws Error where the text is no address; the test then says something that it did not mean */
export function anAddress(text = 'ada@example.org'): Address {
  const parsed = parseAddress(text)
  if (parsed.type !== 'address') throw new Error(`'${text}': ${parsed.problem}`)
  return parsed.address
}

export const aKey = (text = 'ada@example.org'): AddressKey => anAddress(text).key

export type PersonTraits = Partial<Omit<Person, 'address'>> & { readonly address?: string | null }

/** Ada, id 1, at ada@example.org, made by the first command of the log. */
export function aPerson({ address = 'ada@example.org', ...traits }: PersonTraits = {}): Person {
  return {
    id: 1,
    address: address === null ? null : anAddress(address),
    addressSeq: 1,
    ownUnsubscribed: false,
    partition: 'Default',
    fields: {},
    createdAt: noon,
    savedAt: noon,
    updatedAt: noon,
    ...traits,
  }
}

/** A status that somebody set by the third command of the log. */
export function aStatus(address: string, status: Status, version = 1): EmailStatus {
  return {
    ...untouchedStatus(aKey(address)),
    status,
    version,
    since: noon,
    reason: 'asked by phone',
    source: 'JSON API',
    actor: 'crm',
    seq: 3,
  }
}

export function aForeignId(value = 'SFDC-1', system = 'CUSTOM'): ForeignId {
  return { system, value }
}

/** A writer on the SOAP face that gave no reason of its own. */
export function aCause(traits: Partial<Cause> = {}): Cause {
  return {
    actor: 'crm',
    role: 'writer',
    source: 'SOAP API',
    reason: 'Web service API',
    reasonGiven: false,
    evidence: null,
    ...traits,
  }
}

/** Everything that a guarded policy asks for. */
export function aProvenCause(traits: Partial<Cause> = {}): Cause {
  return aCause({ role: 'admin', reason: 'asked to be back', reasonGiven: true, evidence: 'ticket 4711', ...traits })
}

/** What admins allow as reasons for a guarded re-subscribe. */
export function someReasons(): readonly ResubscribeReason[] {
  return [
    { name: 'asked to be back', byRecipient: true },
    { name: 'our mistake', byRecipient: false },
  ]
}

export function aPolicy(traits: Partial<Policy> = {}): Policy {
  return { resubscribe: 'compatible', addressChange: 'reset', ...traits }
}

/** What a caller says, with addresses as text. */
export interface SaveTraits extends Partial<Omit<SavePerson, 'identity' | 'address'>> {
  readonly id?: number
  readonly foreignId?: ForeignId
  readonly cookie?: string
  readonly moveCookie?: boolean
  /** The address that identifies. */
  readonly by?: string
  /** The address that the person shall have. */
  readonly address?: string | null
}

/** Saves who is meant by id, foreign id, cookie or address; makes them where there are none. */
export function aSave({ id, foreignId, cookie, moveCookie, by, address, ...traits }: SaveTraits = {}): SavePerson {
  const isNamed = id !== undefined || foreignId !== undefined || cookie !== undefined || by !== undefined
  const identifying = isNamed ? by : (address ?? 'ada@example.org')
  return {
    type: 'save-person',
    identity: {
      ...(id === undefined ? {} : { id }),
      ...(foreignId === undefined ? {} : { foreignId }),
      ...(cookie === undefined ? {} : { cookie }),
      ...(moveCookie === undefined ? {} : { moveCookie }),
      ...(identifying === undefined ? {} : { address: anAddress(identifying) }),
    },
    ...(address === undefined ? {} : { address: address === null ? null : anAddress(address) }),
    fields: {},
    mode: 'upsert',
    ...traits,
  }
}

export function aDelete(id = 1, expected?: DeletePerson['expected']): DeletePerson {
  return { type: 'delete-person', id, ...(expected === undefined ? {} : { expected }) }
}

export function aSubscription(status: Status, address = 'ada@example.org'): SetSubscription {
  return { type: 'set-subscription', address: anAddress(address), status }
}

/** Suppresses ada@example.org, on behalf of a writer, under the compatible policy, without a replay key. */
export function aSubmission(traits: Partial<Submission> = {}): Submission {
  return {
    command: aSubscription('unsubscribed'),
    cause: aCause(),
    policy: aPolicy(),
    replay: { type: 'none' },
    ...traits,
  }
}

/** What is there before the command of a test. Addresses of people are known without being listed. */
export interface World {
  readonly people?: readonly Person[]
  readonly statuses?: readonly EmailStatus[]
  /** Further addresses that the command may ask about. */
  readonly addresses?: readonly string[]
  /** Addresses that too many people share; of these only the people given here are known. */
  readonly crowded?: readonly string[]
  readonly foreignIds?: readonly { readonly foreignId: ForeignId; readonly personId: number }[]
  readonly cookies?: readonly { readonly cookie: string; readonly personId: number }[]
  readonly members?: readonly { readonly listId: number; readonly personId: number }[]
  readonly fanOuts?: readonly { readonly fanOut: FanOut; readonly chunk: readonly number[]; readonly last: boolean }[]
}

export function aSituation(world: World = {}): WorkingSet {
  const people = world.people ?? []
  const statuses = new Map((world.statuses ?? []).map(status => [status.key, status]))
  const crowded = new Set((world.crowded ?? []).map(aKey))
  const keys = new Set([...statuses.keys(), ...crowded, ...(world.addresses ?? []).map(aKey)])
  for (const { address } of people) if (address !== null) keys.add(address.key)
  return new WorkingSet({
    people,
    statuses: [...keys].map(key => ({
      status: statuses.get(key) ?? untouchedStatus(key),
      people: people.filter(person => person.address?.key === key).length + (crowded.has(key) ? 1_000 : 0),
      peopleRead: !crowded.has(key),
    })),
    foreignIds: world.foreignIds ?? [],
    cookies: world.cookies ?? [],
    members: world.members ?? [],
    fanOuts: world.fanOuts ?? [],
  })
}

export function someFacts(traits: Partial<Facts> = {}): Facts {
  const resubscribeReasons = someReasons()
  return {
    cause: aCause(),
    policy: aPolicy(),
    freshPersonId: 1001,
    answeredBefore: null,
    resubscribeReasons,
    ...traits,
  }
}

export function aMoment(traits: Partial<Moment> = {}): Moment {
  return { seq: 10, at: noon + 60_000, cause: aCause(), ...traits }
}

/** Decides and makes it true. The situation given is changed. */
export function carryOut(
  situation: WorkingSet,
  command: Parameters<typeof decide>[0],
  facts: Partial<Facts> = {},
  moment: Partial<Moment> = {},
): Decision {
  const decision = decide(command, situation, someFacts(facts))
  if (decision.type === 'carried-out') evolve(situation, decision.effects, aMoment(moment))
  return decision
}

/** The effects of a decision, or none where it was rejected. */
export function effectsOf(decision: Decision): readonly Effect[] {
  return decision.type === 'carried-out' ? decision.effects : []
}

/** Lines of history about the flag, as [person, from, to, reason]. */
export function flagHistory(effects: readonly Effect[]): (readonly [number, string | null, string | null, string])[] {
  return effects
    .filter((effect): effect is Activity => effect.type === 'activity' && effect.attribute === 'Unsubscribed')
    .map(({ personId, from, to, reason }) => [personId, from, to, reason])
}

// What is held about an address, and its erasure, as the faces use them. Everything is looked up when it is asked for;
// who may ask is for the faces to say.

import type { Address, AddressKey } from '../../domain/address.js'
import type { PersonId } from '../../domain/person.js'
import type { SalesforceRecord } from '../../domain/salesforce-record.js'
import type { BlockedAttemptStore, KeptAttempt } from '../blocked-attempts.js'
import type { ActivityRecord, LogEntry, PersonView, ReadStore, StatusRecord } from '../ports.js'
import type { RefusalRecord, RefusalStore } from '../refusals.js'
import type { Notification } from '../salesforce/inbox.js'
import type { QueuedWrite } from '../salesforce/outbox.js'
import type { KeptConflict } from '../salesforce/records.js'
import { defaultGroupCommitLimits } from '../writes/group-commit.js'
import { type ErasedAnswer, type EraseParts, type EraseRequest, eraseAddress, tracesOf } from './erase.js'
import type { NamingText } from './erasure-ports.js'

/** Of each kind so many, the newest of attempts and the oldest of all else; `cut` names the kinds that have more. */
export const heldMax = 10_000

export interface Holdings {
  readonly status: Awaited<ReturnType<ReadStore['status']>>['status']
  readonly statusHistory: readonly StatusRecord[]
  readonly people: readonly HeldPerson[]
  /** Of those people, and of people who had the address and are deleted. */
  readonly activities: readonly ActivityRecord[]
  /** Entries of the log that are about the address or about them. */
  readonly commands: readonly LogEntry[]
  readonly refusals: readonly RefusalRecord[]
  readonly blockedAttempts: readonly KeptAttempt[]
  readonly deliveries: readonly HeldDelivery[]
  /** Jobs that name it in their reports, and jobs that are not over and have rows that do. */
  readonly jobs: { readonly reporting: readonly number[]; readonly waiting: readonly number[] }
  /** Runs of flows that are about those people by name, or name the address in what they say. */
  readonly flowRuns: readonly number[]
  readonly salesforce: HeldSalesforce
  readonly cut: readonly string[]
}

export interface HeldPerson extends PersonView {
  readonly cookies: readonly string[]
  readonly lists: readonly string[]
}

/** A change that could not be delivered to a webhook yet; of the change only its id is kept. */
export interface HeldDelivery {
  readonly webhook: number
  readonly changeId: string
  readonly state: string
  readonly attempts: number
}

/** What is kept of the exchange with Salesforce. */
export interface HeldSalesforce {
  readonly records: readonly SalesforceRecord[]
  readonly conflicts: readonly KeptConflict[]
  /** What those records are still to be told. */
  readonly writes: readonly QueuedWrite[]
  /** Messages that name the address, which wait or failed. */
  readonly notifications: readonly HeldNotification[]
}

export interface HeldNotification extends Notification {
  readonly id: number
  readonly receivedAt: number
  readonly outcome: string | null
}

/** What names the address anew once it is carried out: erase again after it. */
export interface Waiting {
  readonly jobs: readonly number[]
  readonly flowRuns: readonly number[]
  /** Messages of Salesforce. */
  readonly notifications: number
}

export interface HoldingsStore {
  salesforceOf(key: AddressKey, people: readonly PersonId[], notifications: readonly number[]): Promise<HeldSalesforce>
  /** Runs that name one of them by id. */
  flowRunsOn(people: readonly PersonId[]): Promise<readonly number[]>

  cookiesOf(ids: readonly PersonId[]): Promise<readonly { readonly personId: PersonId; readonly cookie: string }[]>
  listsOf(ids: readonly PersonId[]): Promise<readonly { readonly personId: PersonId; readonly list: string }[]>
  deliveriesOf(seqs: readonly number[]): Promise<readonly HeldDelivery[]>
}

export interface Privacy {
  erase(request: EraseRequest): Promise<ErasedAnswer>
  waiting(address: Address): Promise<Waiting>
  holdings(address: Address): Promise<Holdings>
}

export interface PrivacyParts {
  readonly store: EraseParts['store'] &
    ReadStore &
    HoldingsStore &
    RefusalStore &
    Pick<BlockedAttemptStore, 'blockedAttempts'>
  readonly hashAddress: EraseParts['hashAddress']
}

/** What a process has that serves callers. */
export interface AroundErasure {
  /** Writes the attempts that are not written yet. */
  flushAttempts(): Promise<void>
  onErased(): void
}

export function createPrivacy({ store, hashAddress }: PrivacyParts, around?: AroundErasure): Privacy {
  const { answersKeptMs } = defaultGroupCommitLimits
  return {
    async erase(request) {
      await around?.flushAttempts()
      const answer = await eraseAddress(request, { store, hashAddress, answersKeptMs, now: Date.now })
      around?.onErased()
      return answer
    },
    async waiting({ key, text }) {
      const texts = (await store.textsNaming([key, text])).filter(({ isSettled }) => !isSettled)
      const notifications = idsOf(texts, 'notification').length
      const jobs = new Set([...(await store.jobsNaming(key)), ...idsOf(texts, 'job')])
      return { jobs: [...jobs], flowRuns: idsOf(texts, 'flow-run'), notifications }
    },
    async holdings(address) {
      await around?.flushAttempts()
      return holdingsOf(address, { store, hashAddress })
    },
  }
}

async function holdingsOf({ key, text }: Address, { store, hashAddress }: PrivacyParts): Promise<Holdings> {
  const cut = new Set<string>()
  const upTo = <Item>(name: string, items: readonly Item[]): readonly Item[] => {
    if (items.length > heldMax) cut.add(name)
    return items.slice(0, heldMax)
  }
  const limit = heldMax + 1
  const views = (await store.selectedPeople({ type: 'addresses', keys: [key] }, { after: 0, limit })).people
  const people = upTo('people', views)
  const ids = people.map(({ person }) => person.id)
  const hash = hashAddress(key)
  const found = await tracesOf(hash, ids, store)
  const elsewhere = new Set((await livingAmong([...found.people], store)).filter(id => !ids.includes(id)))
  const entries = await store.entriesAt(upTo('commands', found.traces))
  // Of people who live elsewhere by now, only what was said about this address is told.
  const commands = entries.filter(
    ({ addressHash, personId }) =>
      addressHash === hash || (personId !== null && isOf(found.people, elsewhere, personId)),
  )
  const activities: ActivityRecord[] = []
  for (const id of found.people) {
    if (elsewhere.has(id) || activities.length > heldMax) continue
    activities.push(...(await store.activitiesOf(id, { after: 0, limit })))
  }
  const [cookies, lists] = [await store.cookiesOf(ids), await store.listsOf(ids)]
  const texts = await store.textsNaming([key, text])
  const living = [...found.people].filter(id => !elsewhere.has(id))
  return {
    status: (await store.status(key)).status,
    statusHistory: upTo('statusHistory', await store.statusHistory(key)),
    people: people.map(view => ({
      ...view,
      cookies: cookies.filter(({ personId }) => personId === view.person.id).map(({ cookie }) => cookie),
      lists: lists.filter(({ personId }) => personId === view.person.id).map(({ list }) => list),
    })),
    activities: upTo('activities', activities),
    commands,
    refusals: upTo('refusals', await store.refusals({ after: 0, limit, key })),
    blockedAttempts: upTo('blockedAttempts', await store.blockedAttempts({ key }, { before: null, limit })),
    deliveries: await store.deliveriesOf(commands.map(({ seq }) => seq)),
    jobs: {
      reporting: [...new Set([...idsOf(texts, 'job-report'), ...idsOf(texts, 'job')])],
      waiting: await store.jobsNaming(key),
    },
    flowRuns: [...new Set([...idsOf(texts, 'flow-run'), ...(await store.flowRunsOn(living))])],
    salesforce: await store.salesforceOf(key, ids, idsOf(texts, 'notification')),
    cut: [...cut],
  }
}

const idsOf = (texts: readonly NamingText[], of: NamingText['of']): number[] => [
  ...new Set(texts.flatMap(text => (text.of === of && text.id !== null ? [text.id] : []))),
]

const isOf = (all: ReadonlySet<PersonId>, without: ReadonlySet<PersonId>, id: PersonId): boolean =>
  all.has(id) && !without.has(id)

async function livingAmong(ids: readonly PersonId[], store: ReadStore): Promise<PersonId[]> {
  return (await store.peopleByIds(ids)).map(({ person }) => person.id)
}

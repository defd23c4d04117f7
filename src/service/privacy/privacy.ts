// What is held about an address, and its erasure, as the faces use them. Everything is looked up when it is asked for;
// who may ask is for the faces to say.

import type { Address, AddressKey } from '../../domain/address.js'
import type { PersonId } from '../../domain/person.js'
import type { BlockedAttemptStore, KeptAttempt } from '../blocked-attempts.js'
import type { ActivityRecord, LogEntry, PersonView, ReadStore, StatusRecord } from '../ports.js'
import type { RefusalRecord, RefusalStore } from '../refusals.js'
import { defaultGroupCommitLimits } from '../writes/group-commit.js'
import { type ErasedAnswer, type EraseParts, type EraseRequest, eraseAddress, tracesOf } from './erase.js'

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
  /** Jobs whose reports name it, and jobs that are not over and have rows that do. */
  readonly jobs: { readonly reporting: readonly number[]; readonly waiting: readonly number[] }
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

export interface HoldingsStore {
  cookiesOf(ids: readonly PersonId[]): Promise<readonly { readonly personId: PersonId; readonly cookie: string }[]>
  listsOf(ids: readonly PersonId[]): Promise<readonly { readonly personId: PersonId; readonly list: string }[]>
  deliveriesOf(seqs: readonly number[]): Promise<readonly HeldDelivery[]>
}

export interface Privacy {
  erase(request: EraseRequest): Promise<ErasedAnswer>
  /** Jobs that are not over and have rows that name the address: once carried out, these name it anew. */
  waitingJobs(address: Address): Promise<readonly number[]>
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
    waitingJobs: ({ key }) => store.jobsNaming(key),
    async holdings({ key }) {
      await around?.flushAttempts()
      return holdingsOf(key, { store, hashAddress })
    },
  }
}

async function holdingsOf(key: AddressKey, { store, hashAddress }: PrivacyParts): Promise<Holdings> {
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
  const reporting = await store.jobReportsNaming(key)
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
    jobs: { reporting: [...new Set(reporting.map(({ job }) => job))], waiting: await store.jobsNaming(key) },
    cut: [...cut],
  }
}

const isOf = (all: ReadonlySet<PersonId>, without: ReadonlySet<PersonId>, id: PersonId): boolean =>
  all.has(id) && !without.has(id)

async function livingAmong(ids: readonly PersonId[], store: ReadStore): Promise<PersonId[]> {
  return (await store.peopleByIds(ids)).map(({ person }) => person.id)
}

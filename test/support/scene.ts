// A stage for tests over any store: a group commit, addresses of their own for each test, and short questions about
// what readers see. It knows the ports of a store and nothing of what is behind them.
import type { Command, SavePerson } from '../../src/domain/command.js'
import type { Status } from '../../src/domain/person.js'
import type { ActivityRecord, LogEntry } from '../../src/service/ports.js'
import type { GroupCommit } from '../../src/service/writes/group-commit.js'
import type { Answer, Submission } from '../../src/service/writes/submission.js'
import { aDelete, aKey, aSave, aSubmission, aSubscription, type SaveTraits } from './builders.js'
import { aGroupCommit, personIdOf } from './group-commits.js'
import type { AnyStore } from './memory-store.js'

export class Scene {
  readonly writes: GroupCommit
  /** A second group commit over the same store, as another process would have. */
  readonly otherWrites: GroupCommit

  /** No other test uses addresses of this domain. */
  constructor(
    readonly store: AnyStore,
    readonly domain: string,
  ) {
    this.writes = aGroupCommit(store).writes
    this.otherWrites = aGroupCommit(store).writes
  }

  address(name: string): string {
    return `${name}@${this.domain}`
  }

  carryOut(command: Command, traits: Partial<Submission> = {}): Promise<Answer> {
    return this.writes.submit(aSubmission({ command, ...traits }))
  }

  /** Makes a person at the address of that name, also where there is one, and gives its id. */
  async person(name: string | null, traits: SaveTraits = {}): Promise<number> {
    const who = name === null ? { cookie: `${this.domain} ${Math.random()}` } : { address: this.address(name) }
    return personIdOf(await this.carryOut(aSave({ ...who, mode: 'duplicate', ...traits })))
  }

  save(id: number, traits: Omit<SaveTraits, 'id'>): Promise<Answer> {
    return this.carryOut(aSave({ id, ...traits }))
  }

  saveCommand(id: number, traits: Omit<SaveTraits, 'id'>): SavePerson {
    return aSave({ id, ...traits })
  }

  set(status: Status, name: string): Promise<Answer> {
    return this.carryOut(aSubscription(status, this.address(name)))
  }

  delete(id: number): Promise<Answer> {
    return this.carryOut(aDelete(id))
  }

  /** Status and version, as [status, version]. */
  async status(name: string): Promise<readonly [Status, number]> {
    const { status } = await this.store.status(aKey(this.address(name)))
    return [status.status, status.version]
  }

  async countAt(name: string): Promise<number> {
    return (await this.store.status(aKey(this.address(name)))).people
  }

  /** The flag that a reader sees. */
  async flag(id: number): Promise<boolean> {
    const [view] = await this.store.peopleByIds([id])
    if (view === undefined) throw new Error(`there is no person ${id}`)
    return view.status === null ? view.person.ownUnsubscribed : view.status.status === 'unsubscribed'
  }

  flags(...ids: readonly number[]): Promise<boolean[]> {
    return Promise.all(ids.map(id => this.flag(id)))
  }

  activities(id: number): Promise<readonly ActivityRecord[]> {
    return this.store.activitiesOf(id, { after: 0, limit: 1_000 })
  }

  /** What a person was told about its flag, oldest first, as [from, to, reason]. */
  async told(id: number): Promise<(readonly (string | null)[])[]> {
    const lines = (await this.activities(id)).filter(({ attribute }) => attribute === 'Unsubscribed')
    return lines.map(({ from, to, reason }) => [from, to, reason])
  }

  async logSince(seq: number): Promise<readonly LogEntry[]> {
    return this.store.log({ after: seq, limit: 1_000 })
  }
}

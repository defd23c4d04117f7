// One notification carried out: the record is looked at, commands go the one write path under names of their own, and
// what is to be stored comes back. Done again after a crash it finds its commands answered.

import type { AddressKey } from '../../domain/address.js'
import type { Cause, Command, Policy, SavePerson } from '../../domain/command.js'
import type { PersonId } from '../../domain/person.js'
import { salesforce, salesforceIdForms } from '../../domain/salesforce-id.js'
import { type Precedence, type SalesforceRecord, salesforceSource } from '../../domain/salesforce-record.js'
import {
  type AddressStatus,
  afterRefusal,
  decideSighting,
  type SyncDecision,
  type SyncSituation,
  settleDecision,
} from '../../domain/salesforce-sync.js'
import { type PersonView, type ReadStore, StoreUnavailable } from '../ports.js'
import type { GroupCommit } from '../writes/group-commit.js'
import { type Answer, namedReplay } from '../writes/submission.js'
import type { WaitingNotification } from './inbox.js'
import type { SeenRecord } from './notification.js'
import type { NotificationOutcome, Settlement } from './records.js'

const reason = 'Email Opt Out in Salesforce'

export interface SyncOptions {
  readonly reads: Pick<ReadStore, 'status' | 'peopleByIds' | 'peopleByForeignId' | 'peopleByAddress'>
  readonly writes: Pick<GroupCommit, 'submit'>
  readonly policy: Policy
  readonly precedence: Precedence
  /** The user as whom we write there, where the operator named it. */
  readonly writer: string | null
  readonly now: () => number
}

export async function applySighting(
  notification: WaitingNotification,
  seen: SeenRecord,
  record: SalesforceRecord,
  options: SyncOptions,
): Promise<Settlement> {
  const { precedence, writer, now } = options
  const key = (seen.address ?? record.address)?.key
  const situation: SyncSituation = { record, precedence, writer, now: now(), status: await statusOf(key, options) }
  const decision = decideSighting(seen, situation)
  const isAboutPerson = !['older', 'deleted'].includes(decision.outcome)
  const commands = new Commands(notification, seen, options)
  const personId = isAboutPerson ? await commands.savePerson(decision, record) : record.personId
  const isRefused = decision.command === 're-subscribe' && !(await commands.resubscribe(decision, situation.status!))
  const final = isRefused ? afterRefusal(decision, situation) : decision

  const settled = settleDecision(final, await statusOf(key, options))
  const outcome: NotificationOutcome = isRefused ? 'refused' : final.outcome
  return {
    record: { ...settled.record, personId, ...(seen.isConverted ? { isDeleted: true } : {}) },
    wish: seen.isConverted ? null : settled.wish,
    conflict: final.conflict,
    processed: { id: notification.id, outcome },
  }
}

async function statusOf(key: AddressKey | undefined, { reads }: SyncOptions): Promise<AddressStatus | null> {
  if (key === undefined) return null
  const { status } = await reads.status(key)
  return { ...status, isOurs: status.source !== salesforceSource }
}

class Commands {
  readonly #notification: WaitingNotification
  readonly #seen: SeenRecord
  readonly #options: SyncOptions

  constructor(notification: WaitingNotification, seen: SeenRecord, options: SyncOptions) {
    this.#notification = notification
    this.#seen = seen
    this.#options = options
  }

  /** Links, makes, moves and opts out, as far as it is due. The id of the person, where there is one by now. */
  async savePerson(decision: SyncDecision, before: SalesforceRecord): Promise<PersonId | null> {
    const { address } = decision.record
    const person = await this.#findPerson(before, address?.key)
    if (person === undefined && address === null) return null
    const optsOut = decision.command === 'unsubscribe'
    const isMoved = address?.key !== before.address?.key && before.version > 0
    // Where the person has moved on here, the flag is still about the address that the record has.
    const isAboutPerson = person === undefined || isMoved || person.person.address?.key === address?.key
    const id = person?.person.id
    const saves = person === undefined || isMoved || (optsOut && isAboutPerson) || !this.#isLinked(person)
    const saved = saves
      ? await this.#submit('person', {
          type: 'save-person',
          ...this.#identity(decision, id),
          ...(isMoved && id !== undefined ? { address } : {}),
          ...(optsOut && isAboutPerson ? { unsubscribed: true } : {}),
          fields: this.#seen.linkedIds,
        } satisfies SavePerson)
      : undefined
    if (optsOut && !isAboutPerson)
      await this.#submit('flag', { type: 'set-subscription', address: address!, status: 'unsubscribed' })
    return saved === undefined ? (id ?? null) : personOf(saved)
  }

  /** False where the policy refuses it. */
  async resubscribe({ record }: SyncDecision, { version: expectedVersion }: AddressStatus): Promise<boolean> {
    const status = 'subscribed'
    const command: Command = { type: 'set-subscription', address: record.address!, status, expectedVersion }
    const answer = await this.#ask('flag', command)
    if (answer.type !== 'rejected') return true
    if (answer.rejection.type === 'resubscribe-refused') return false
    throw new StoreUnavailable(`the address changed meanwhile: ${answer.rejection.type}`)
  }

  #identity({ record }: SyncDecision, id: PersonId | undefined): Pick<SavePerson, 'identity' | 'mode'> {
    const foreignId = { system: salesforce, value: record.recordId }
    if (id !== undefined) return { identity: { id, foreignId }, mode: 'update' }
    return { identity: { foreignId, address: record.address! }, mode: 'upsert' }
  }

  async #findPerson(before: SalesforceRecord, key: AddressKey | undefined): Promise<PersonView | undefined> {
    const { reads } = this.#options
    const linked = before.personId === null ? [] : await reads.peopleByIds([before.personId])
    if (linked[0] !== undefined) return linked[0]
    const ids = [before.recordId, ...(this.#seen.convertedTo === null ? [] : [this.#seen.convertedTo])]
    for (const value of ids.flatMap(salesforceIdForms)) {
      const [named] = await reads.peopleByForeignId({ system: salesforce, value })
      if (named !== undefined) return named
    }
    return key === undefined ? undefined : (await reads.peopleByAddress(key, 1))[0]
  }

  #isLinked({ person, foreignIds }: PersonView): boolean {
    const forms = salesforceIdForms(this.#notification.recordId)
    const isNamed = foreignIds.some(({ system, value }) => system === salesforce && forms.includes(value))
    return isNamed && Object.entries(this.#seen.linkedIds).every(([name, id]) => person.fields[name] === id)
  }

  async #submit(part: string, command: Command): Promise<Answer & { readonly type: 'carried-out' | 'replayed' }> {
    const answer = await this.#ask(part, command)
    if (answer.type !== 'rejected') return answer
    // The person was deleted since it was looked up, or the like: the next look sees it.
    throw new StoreUnavailable(`the person changed meanwhile: ${answer.rejection.type}`)
  }

  async #ask(
    part: string,
    command: Command,
  ): Promise<Exclude<Answer, { readonly type: 'in-progress' | 'key-reused' }>> {
    const { orgId, notificationId } = this.#notification
    const { writes, policy } = this.#options
    const replay = namedReplay('system', `salesforce\u0000${orgId} ${notificationId} ${part}`, notificationId)
    const answer = await writes.submit({ command, cause: this.#cause(), policy, replay })
    if (answer.type === 'key-reused') throw new Error('the name of a change by Salesforce belongs to another change')
    if (answer.type === 'in-progress') throw new StoreUnavailable('the same is being carried out at this moment')
    return answer
  }

  #cause(): Cause {
    const { orgId, recordId, objectType, fields } = this.#notification
    const by = fields.LastModifiedById === undefined ? '' : `, changed by ${fields.LastModifiedById}`
    const at = fields.LastModifiedDate === undefined ? '' : ` at ${fields.LastModifiedDate}`
    const evidence = `${objectType} ${recordId}${by}${at}`.slice(0, 500)
    return {
      actor: `salesforce ${orgId}`,
      role: 'writer',
      source: salesforceSource,
      reason,
      reasonGiven: false,
      evidence,
    }
  }
}

function personOf({ outcome }: Answer & { readonly type: 'carried-out' | 'replayed' }): PersonId | null {
  return 'personId' in outcome ? outcome.personId : null
}

// Callers that never stop asking for changes, and remember what they were answered: the account that a store is held
// against after a crash. It knows calls and their marks; it must not know how the server is started or killed.
import { eventually } from '../support/eventually.js'
import { type LeadToSync, type LegacyClient, LegacyFault, Unanswered } from '../support/legacy-client.js'
import { inStore, type LoggedCommand } from '../support/store-inspection.js'
import type { Draw } from '../support/xml-mutants.js'

/** One call, under a mark that is found again in the log. */
interface SentCall {
  readonly mark: string
  /** Of `import` it was answered that it was taken; it is carried out some time after that. */
  readonly kind: 'soap' | 'json' | 'import'
  send(client: LegacyClient): Promise<void>
  isAcknowledged: boolean
  attempts: number
}

/** Addresses that all callers fight over. */
export const hotAddresses = ['hot-1@example.org', 'hot-2@example.org', 'hot-3@example.org', 'hot-4@example.org']

/** Where single calls put people, what callers name in a request for a flow, and where imports go. */
const everybody = 'Load.Everybody'
const markFlow = { program: 'Load', name: 'Mark' }
const imported = { program: 'Load', name: 'Imported' }

/** What a store needs before callers may ask for everything. */
export function prepareForEverything(databaseUrl: string): Promise<void> {
  return inStore(databaseUrl, async store => {
    await store.addList('Everybody', 'Load')
    const steps = [{ field: 'Company', value: '{{my.mark}}' }]
    await store.addFlow({ ...markFlow, description: '', steps, listId: null })
  })
}

export class Caller {
  readonly calls: SentCall[] = []
  readonly #name: string
  readonly #draw: Draw
  readonly #asksForEverything: boolean
  readonly #deletable: number[] = []
  /** Whom it has put on the list. */
  readonly #listed: number[] = []
  /** What the last acknowledged call on them made of the two people that nobody else calls by name. */
  #own = { mark: '', unsubscribed: false }
  #mover = { mark: '', id: 0, address: '' }

  /** `asksForEverything`: for lists, flows and imports too; the store must be prepared for that. */
  constructor(name: string, draw: Draw, { asksForEverything = false } = {}) {
    this.#name = name
    this.#draw = draw
    this.#asksForEverything = asksForEverything
  }

  get acknowledged(): number {
    return this.calls.filter(({ isAcknowledged }) => isAcknowledged).length
  }

  get acknowledgedMarks(): readonly string[] {
    return this.calls.filter(({ isAcknowledged }) => isAcknowledged).map(({ mark }) => mark)
  }

  get unanswered(): readonly SentCall[] {
    return this.calls.filter(({ isAcknowledged }) => !isAcknowledged)
  }

  /**
   * Sends one call after the other, until one is not answered or `isOver` says so. Rejects where the server refuses
   * one; a server that asks to try again is asked again.
   */
  async run(client: LegacyClient, isOver = () => false): Promise<void> {
    while (!isOver()) {
      const call = this.#nextCall(`${this.#name}-${this.calls.length}`)
      this.calls.push(call)
      try {
        await this.#sendUntilTaken(call, client)
      } catch (cause) {
        if (cause instanceof Unanswered) return
        throw new Error(`${call.mark} was refused`, { cause })
      }
    }
  }

  /** Sends again, unchanged, what was not answered. */
  async retry(client: LegacyClient): Promise<void> {
    for (const call of this.unanswered) await this.#sendUntilTaken(call, client)
  }

  /** What is wrong with the two people that only this caller changes, a sentence each. */
  async findLosses(client: LegacyClient): Promise<string[]> {
    const losses: string[] = []
    const expect = (what: string, found: unknown, wanted: unknown): void => {
      if (found !== wanted) losses.push(`${this.#name}: ${what}: expected ${wanted}, found ${found}`)
    }
    const [own] = await client.getLead('EMAIL', this.#ownAddress)
    expect('last mark', own?.attributes.Company, this.#own.mark)
    expect('flag', own?.attributes.Unsubscribed === '1', this.#own.unsubscribed)
    const [mover] = await client.getLead('IDNUM', String(this.#mover.id))
    expect('last mark of who moves', mover?.attributes.Company, this.#mover.mark)
    expect('address of who moves', mover?.email, this.#mover.address)
    const moverStatus = await client.json('GET', `/v1/addresses/${this.#mover.address}`)
    expect('flag of who moved', mover?.attributes.Unsubscribed === '1', moverStatus.body.status === 'unsubscribed')
    return losses
  }

  async #sendUntilTaken(call: SentCall, client: LegacyClient): Promise<void> {
    const what = `${call.mark}, which was to be tried again,`
    const taken = await eventually(() => attempt(call, client), { withinMs: tryAgainForMs, everyMs: 100, what })
    if (taken instanceof Error) throw taken
  }

  get #ownAddress(): string {
    return `${this.#name}@example.org`
  }

  #nextCall(mark: string): SentCall {
    if (this.calls.length === 0) return this.#flagOwn(mark)
    if (this.calls.length === 1) return this.#makeMover(mark)
    switch (this.#draw(this.#asksForEverything ? 11 : 7)) {
      case 7:
        return this.#requestFlow(mark)
      case 8:
        return this.#enlist() ?? this.#create(mark)
      case 9:
        return this.#delist() ?? this.#create(mark)
      case 10:
        return this.#draw(3) === 0 ? this.#import(mark) : this.#requestFlow(mark)
      case 0:
        return this.#create(mark)
      case 1:
        return this.#flagHot(mark)
      case 2:
        return this.#move(mark)
      case 3:
        return this.#deletable.length > 0 ? this.#delete(this.#deletable.shift()!) : this.#create(mark)
      case 4:
        return this.#suppress(mark)
      case 5:
        return this.#deletable.length > 1 ? this.#merge() : this.#create(mark)
      default:
        return this.#flagOwn(mark)
    }
  }

  #create(mark: string): SentCall {
    return soapCall(mark, async client => {
      const { leadId } = await client.syncLead({ email: `${mark}@example.org`, attributes: { Company: mark } })
      this.#deletable.push(leadId)
    })
  }

  #flagOwn(mark: string): SentCall {
    const unsubscribed = this.#draw(2) === 1
    return soapCall(mark, async client => {
      await client.syncLead(flagging(this.#ownAddress, unsubscribed, { Company: mark }))
      this.#own = { mark, unsubscribed }
    })
  }

  // The mark stands in another field: who has a hot address may be somebody's mover, whose Company says its own last.
  #flagHot(mark: string): SentCall {
    const lead = flagging(this.#aHotAddress(), this.#draw(2) === 1, { Department: mark })
    return soapCall(mark, async client => void (await client.syncLead(lead)))
  }

  #makeMover(mark: string): SentCall {
    const address = `mover-${this.#name}@example.org`
    return soapCall(mark, async client => {
      const { leadId } = await client.syncLead({ email: address, attributes: { Company: mark } })
      this.#mover = { mark, id: leadId, address }
    })
  }

  #move(mark: string): SentCall {
    const address = this.#draw(3) === 0 ? `${mark}@example.org` : this.#aHotAddress()
    const { id } = this.#mover
    return soapCall(mark, async client => {
      await client.syncLead({ id, email: address, attributes: { Company: mark } })
      this.#mover = { mark, id, address }
    })
  }

  #delete(id: number): SentCall {
    return jsonCall(deletionMark(id), 'DELETE', `/v1/people/${id}`)
  }

  #merge(): SentCall {
    const [winner, loser] = [this.#deletable[0]!, this.#deletable.splice(1, 1)[0]!]
    let attempts = 0
    return soapCall(mergeMark(winner, loser), async client => {
      attempts++
      await client.mergeLeads(winner, loser).catch(cause => {
        // An attempt before this one was carried out and not answered: the loser is gone. The log must show it.
        if (attempts === 1 || !(cause instanceof LegacyFault) || cause.code !== nobodyThere) throw cause
      })
    })
  }

  #requestFlow(mark: string): SentCall {
    return soapCall(mark, async client => {
      await client.requestCampaign({ ...markFlow, tokens: { 'my.mark': mark } }, this.#ownAddress)
      this.#own = { ...this.#own, mark }
    })
  }

  #enlist(): SentCall | null {
    const id = this.#deletable.find(each => !this.#listed.includes(each))
    if (id === undefined) return null
    this.#listed.push(id)
    return soapCall(listMark(id, true), client => client.listOperation('ADDTOLIST', everybody, id))
  }

  // Each person once: its mark is the person.
  #delist(): SentCall | null {
    const id = this.#listed.find(each => this.#deletable.includes(each))
    if (id === undefined) return null
    this.#deletable.splice(this.#deletable.indexOf(id), 1)
    return soapCall(listMark(id, false), client => client.listOperation('REMOVEFROMLIST', everybody, id))
  }

  #import(mark: string): SentCall {
    const rows = ['Email Address,Company', `${mark}@example.org,${mark}`]
    return { ...soapCall(mark, client => client.importToList(imported, rows)), kind: 'import' }
  }

  #suppress(mark: string): SentCall {
    const body = { status: 'unsubscribed', reason: mark }
    return jsonCall(mark, 'PUT', `/v1/addresses/${this.#aHotAddress()}/subscription`, body)
  }

  #aHotAddress(): string {
    return hotAddresses[this.#draw(hotAddresses.length)]!
  }
}

export interface LogFindings {
  /** Acknowledged, and not in the log. */
  readonly lost: readonly string[]
  /** More often in the log than the call can explain. */
  readonly doubled: readonly string[]
  /** In the log, and nobody asked for it. */
  readonly strangers: readonly string[]
}

/** Holds the log against what the callers were answered. `importsAreOver`: what was taken has been carried out, too. */
export function compareWithLog(
  callers: readonly Caller[],
  log: readonly LoggedCommand[],
  { importsAreOver = true } = {},
): LogFindings {
  const calls = callers.flatMap(caller => caller.calls)
  const logged = new Map<string, number>()
  for (const command of log) {
    const mark = markOf(command)
    if (mark !== null) logged.set(mark, (logged.get(mark) ?? 0) + 1)
  }
  const times = ({ mark }: SentCall): number => logged.get(mark) ?? 0
  // Only the JSON face lets a caller name its call, and so carries out a repetition once.
  const timesMax = ({ kind, attempts }: SentCall): number => (kind === 'json' ? 1 : attempts)
  const mustBeThere = ({ isAcknowledged, kind }: SentCall): boolean =>
    isAcknowledged && (importsAreOver || kind !== 'import')
  const known = new Set(calls.map(({ mark }) => mark))
  return {
    lost: calls.filter(call => mustBeThere(call) && times(call) === 0).map(({ mark }) => mark),
    doubled: calls.filter(call => times(call) > timesMax(call)).map(({ mark }) => mark),
    strangers: [...logged.keys()].filter(mark => !known.has(mark)),
  }
}

/** Resolves when every import that was taken is carried out. */
export async function importsOver(client: LegacyClient): Promise<void> {
  const over = async (): Promise<boolean> => {
    const { body } = await client.json('GET', '/v1/jobs?limit=1000')
    return (body.jobs as readonly { readonly state: string }[]).every(({ state }) => state === 'complete')
  }
  await eventually(over, { withinMs: 120_000, everyMs: 50, what: 'the end of the imports' })
}

/** Marks of the calls that a log has carried out. */
export const marksIn = (log: readonly LoggedCommand[]): ReadonlySet<string | null> => new Set(log.map(markOf))

/** Null for what the server does by itself. */
function markOf({ detail: { command, cause } }: LoggedCommand): string | null {
  switch (command.type) {
    case 'save-person':
      return command.fields.Company ?? command.fields.Department ?? '(no mark)'
    case 'delete-person':
      return deletionMark(command.id)
    case 'merge-people':
      return mergeMark(command.winner, command.losers[0]!)
    case 'set-subscription':
      return cause.reason
    case 'change-list':
      // Imports put people on their own list.
      return command.list.name === everybody ? listMark(command.people[0]!, command.isMember) : null
    default:
      return null
  }
}

const nobodyThere = '20103'
const mergeMark = (winner: number, loser: number): string => `merge-${winner}-${loser}`
const listMark = (id: number, isMember: boolean): string => `${isMember ? 'enlist' : 'delist'}-${id}`
const deletionMark = (id: number): string => `delete-${id}`

function flagging(email: string, unsubscribed: boolean, mark: Readonly<Record<string, string>>): LeadToSync {
  return { email, attributes: { ...mark, Unsubscribed: unsubscribed ? '1' : '0' } }
}

/** True once it is carried out, false where the server asks to try again, or why neither. */
async function attempt(call: SentCall, client: LegacyClient): Promise<boolean | Error> {
  call.attempts++
  try {
    await call.send(client)
    call.isAcknowledged = true
    return true
  } catch (cause) {
    if (cause instanceof TryAgain || (cause instanceof LegacyFault && tryAgainCodes.has(cause.code))) return false
    return cause as Error
  }
}

class TryAgain extends Error {}

/** With these the service asks for patience; old clients retry them by themselves. */
const tryAgainCodes = new Set(['20011', '20024'])
const tryAgainForMs = 60_000

function soapCall(mark: string, send: SentCall['send']): SentCall {
  return { mark, kind: 'soap', send, isAcknowledged: false, attempts: 0 }
}

function jsonCall(mark: string, method: string, path: string, body?: object): SentCall {
  const send = async (client: LegacyClient): Promise<void> => {
    const answer = await client.json(method, path, body, mark)
    if (answer.status === 503) throw new TryAgain()
    if (answer.status >= 300) throw new Error(`${method} was answered with ${answer.status}`, { cause: answer.body })
  }
  return { mark, kind: 'json', send, isAcknowledged: false, attempts: 0 }
}

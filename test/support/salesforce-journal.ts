// What was done on both sides of an exchange with Salesforce, kept outside of every process, and what follows from it:
// which re-subscribes had a cause, and who wins by the README's words. It must not know our rules.
import type { Precedence } from '../../src/domain/salesforce-record.js'
import type { StatusRecord } from '../../src/service/ports.js'
import type { StandInRecord } from '../fixtures/salesforce/records.js'

/** A command that was sent to this side. */
export interface Asked {
  readonly key: string
  readonly status: 'subscribed' | 'unsubscribed'
  readonly from: number
  /** Of the status that it made; null: nobody knows whether it was carried out. */
  version: number | null
}

export interface Journal {
  /** Edits of both sides so far, those by the exchange itself included. */
  readonly length: number
  readonly edits: number
  saw(record: StandInRecord): void
  asked(given: Omit<Asked, 'version'>): Asked
  /** The last edits of these records, to explain what went wrong. */
  lately({ there }: Parted): readonly StandInRecord[]
  /** Every re-subscribe of one address that nothing here explains, in words. */
  unexplained(history: readonly StatusRecord[], precedence: Precedence): readonly string[]
  /** Every record that this side cleared without anybody having re-subscribed its address before, in words. */
  clearedForNothing(histories: ReadonlyMap<string, readonly StatusRecord[]>, precedence: Precedence): readonly string[]
}

export function journalFor(integrationUser: string): Journal {
  const states = new Map<string, StandInRecord[]>()
  const commands: Asked[] = []
  // Each flip, and each command whose end nobody knows, explains one re-subscribe.
  const used = new Set<StandInRecord | Asked>()
  let edits = 0

  const byCommand = ({ key, version, at }: StatusRecord): boolean => {
    const meant = commands.filter(each => each.key === key && each.status === 'subscribed' && each.from <= at)
    const command =
      meant.find(each => each.version === version) ?? meant.find(each => each.version === null && !used.has(each))
    if (command === undefined) return false
    used.add(command)
    return true
  }

  const byEdit = (evidence: string): string | null => {
    const [, id = '', date = ''] = /^\w+ (\w{18})(?:, changed by \w+)? at (\S+)$/.exec(evidence) ?? []
    const lives = states.get(id) ?? []
    let index = lives.findIndex(({ lastModified }) => lastModified === Date.parse(date))
    if (index < 0) return 'names no edit'
    while (index > 0 && !lives[index]!.optedOut && !lives[index - 1]!.optedOut) index--
    const flip = lives[index]!
    if (flip.optedOut) return 'the record was opted out then'
    if (index === 0) return 'the record never was opted out'
    if (flip.lastModifiedBy === integrationUser) return 'it was this side that cleared the record'
    if (used.has(flip)) return 'that clearing has re-subscribed before'
    used.add(flip)
    return null
  }

  return {
    get length() {
      return edits + commands.length
    },
    get edits() {
      return edits
    },
    saw(record) {
      edits++
      const lives = states.get(record.id) ?? []
      states.set(record.id, [...lives, record])
    },
    asked(given) {
      const command: Asked = { ...given, version: null }
      commands.push(command)
      return command
    },
    lately: ({ there }) => there.flatMap(({ id }) => (states.get(id) ?? []).slice(-6)),
    unexplained(history, precedence) {
      const complaints: string[] = []
      // Those whose version is known first: the others may be anybody's.
      for (const [index, record] of history.entries()) {
        if (record.status !== 'subscribed' || history[index - 1]?.status !== 'unsubscribed') continue
        const complain = (why: string): void =>
          void complaints.push(`${record.key} version ${record.version}: ${why} (${record.evidence})`)
        if (record.source !== 'Salesforce sync') {
          if (!byCommand(record)) complain('nobody asked for it')
        } else if (precedence === 'or') complain('under or, no sync re-subscribes')
        else {
          const why = byEdit(record.evidence ?? '')
          if (why !== null) complain(why)
        }
      }
      return complaints
    },
    clearedForNothing(histories, precedence) {
      const complaints: string[] = []
      for (const [id, lives] of states) {
        for (const [index, { optedOut, lastModifiedBy, lastModified, email }] of lives.entries()) {
          if (optedOut || lives[index - 1]?.optedOut !== true || lastModifiedBy !== integrationUser) continue
          const run = lives.slice(lives.slice(0, index).findLastIndex(state => !state.optedOut) + 1, index)
          const addresses = new Set([email, ...run.map(state => state.email)])
          // Times of Salesforce run a few seconds ahead where a record is edited often.
          const isResubscribed = [...addresses].some(address =>
            histories
              .get(address ?? '')
              ?.some(({ status, at }) => status === 'subscribed' && at <= lastModified + 60_000),
          )
          // R3: with another address it takes that one's status, where this side has the word. That it was cleared and
          // opted out again in between, no message may have told.
          const isMoved = precedence !== 'salesforce' && lives.slice(0, index).some(state => state.email !== email)
          const isMeant = isResubscribed || isMoved
          if (precedence === 'or' || !isMeant) complaints.push(`${id}: cleared by this side at ${lastModified}`)
        }
      }
      return complaints
    },
  }
}

/** An address on which both sides agreed, and what became of it on either side while neither heard of the other. */
export interface Parted {
  /** As both sides had it. */
  readonly wasOut: boolean
  readonly here: { readonly isOut: boolean; readonly hasChanged: boolean; readonly since: number }
  readonly there: readonly Pick<StandInRecord, 'id' | 'optedOut' | 'lastModified'>[]
}

/** Whether it is opted out everywhere in the end, by what the README says of each precedence. */
export function endsOptedOut({ wasOut, here, there }: Parted, precedence: Precedence): boolean {
  if (precedence === 'or') return here.isOut || there.some(({ optedOut }) => optedOut)
  const winsThere = ({ lastModified }: Parted['there'][number]): boolean => {
    if (!here.hasChanged || precedence === 'salesforce') return true
    if (precedence === 'local') return false
    // At the same time, the opt-out.
    return wasOut ? lastModified > here.since : lastModified >= here.since
  }
  const changed = there.filter(({ optedOut }) => optedOut !== wasOut)
  return changed.some(winsThere) ? !wasOut : here.isOut
}

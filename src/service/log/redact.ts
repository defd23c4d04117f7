// What is left of an entry of the log when an address is erased. Played again, redacted entries make the tables that
// the erasure leaves: whatever a living person shows stays, whatever an erased one was told goes. It reads no store.

import { type AddressKey, parseAddress } from '../../domain/address.js'
import type { Effect } from '../../domain/command.js'
import { erasedText } from '../../domain/erasure.js'
import { flagField } from '../../domain/flag.js'
import type { PersonId } from '../../domain/person.js'
import type { LogDetail } from '../ports.js'

export interface ErasedSubject {
  readonly key: AddressKey
  /** What takes the place of the key. */
  readonly erased: AddressKey
  /** Everybody who ever had the address and is not there any more, or is gone with this erasure. */
  readonly gone: ReadonlySet<PersonId>
  /** Whose foreign ids and cookies the log goes on naming. */
  isLiving(id: PersonId): boolean
  /** Keyed hash, for what must be told apart without being known. */
  hash(text: string): string
}

export interface Redactor {
  /** For an entry about this person (null: about none). */
  detail(detail: LogDetail, personId: PersonId | null): LogDetail
  text(text: string): string
  /** Every text within, the keys of objects not counted. */
  deep<Value>(value: Value): Value
}

// A longer address that holds this one is another one.
const before = '(?<![\\p{L}\\p{N}._%+-])'
const behind = '(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])'

/** `spellings`: as the address was ever written. */
export function createRedactor(subject: ErasedSubject, spellings: Iterable<string>): Redactor {
  const all = [...new Set([subject.key, ...spellings])].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(`${before}(?:${all.map(escaped).join('|')})${behind}`, 'giu')
  const text = (given: string): string => given.replace(pattern, erasedText)
  const deep = <Value>(value: Value): Value => deeply(value, subject, text) as Value
  const effect = (given: Effect): Effect => redactEffect(given, subject, text)

  return {
    text,
    deep,
    detail({ command, cause, outcome, effects }, personId) {
      const who = personId ?? personIn(outcome)
      // What was not carried out again names nobody in its entry.
      const isAbout = who === null ? spellingsIn(command, subject.key).length > 0 : subject.gone.has(who)
      return {
        command: isAbout ? withoutValues(deep(command), subject) : deep(command),
        cause: { ...cause, reason: text(cause.reason), evidence: cause.evidence && text(cause.evidence) },
        outcome: deep(outcome),
        effects: effects.map(effect),
      }
    },
  }
}

function personIn(outcome: LogDetail['outcome']): PersonId | null {
  if (outcome.type === 'not-repeated') return personIn(outcome.first)
  return 'personId' in outcome ? outcome.personId : null
}

/** The spellings of an address in anything that was parsed from JSON. */
export function spellingsIn(value: unknown, key: AddressKey): string[] {
  if (Array.isArray(value)) return value.flatMap(item => spellingsIn(item, key))
  if (typeof value !== 'object' || value === null) return []
  const own = 'key' in value && value.key === key && 'text' in value ? [String(value.text)] : []
  return [...own, ...Object.values(value).flatMap(item => spellingsIn(item, key))]
}

function deeply(value: unknown, subject: ErasedSubject, text: (given: string) => string): unknown {
  if (typeof value === 'string') return value === subject.key ? subject.erased : text(value)
  if (Array.isArray(value)) return value.map(item => deeply(item, subject, text))
  if (typeof value !== 'object' || value === null) return value
  if ('key' in value && value.key === subject.key && 'text' in value) return addressOf(subject)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, deeply(item, subject, text)]))
}

const addressOf = ({ erased }: ErasedSubject) => ({ text: erasedText, key: erased })

// A command is not played again, so that nothing of it is needed but what it was.
function withoutValues(command: LogDetail['command'], { hash }: ErasedSubject): LogDetail['command'] {
  if (command.type !== 'save-person') return command
  const { foreignId, cookie, ...identity } = command.identity
  return {
    ...command,
    fields: {},
    identity: {
      ...identity,
      ...(foreignId === undefined ? {} : { foreignId: { ...foreignId, value: erasedValue(hash, foreignId.value) } }),
      ...(cookie === undefined ? {} : { cookie: erasedValue(hash, cookie) }),
    },
  }
}

const erasedValue = (hash: (text: string) => string, value: string): string => `${erasedText}${hash(value)}`

function redactEffect(effect: Effect, subject: ErasedSubject, text: (given: string) => string): Effect {
  const { key, erased, gone, isLiving, hash } = subject
  const keyOf = (given: AddressKey): AddressKey => (given === key ? erased : given)
  // What a living person lost to an erased one is still named where the log tells of the living.
  const isHidden = (id: PersonId, from: PersonId | undefined): boolean =>
    gone.has(id) && (from === undefined || !isLiving(from))
  switch (effect.type) {
    case 'person-created': {
      const { person } = effect
      const address = person.address?.key === key ? addressOf(subject) : person.address
      return { ...effect, person: { ...person, address, fields: gone.has(person.id) ? {} : person.fields } }
    }
    case 'person-changed': {
      const address = effect.address?.key === key ? { address: addressOf(subject) } : {}
      return { ...effect, ...address, ...(gone.has(effect.id) && effect.fields ? { fields: {} } : {}) }
    }
    case 'foreign-id-linked': {
      const { foreignId, personId, from } = effect
      if (!isHidden(personId, from)) return effect
      return { ...effect, foreignId: { ...foreignId, value: erasedValue(hash, foreignId.value) } }
    }
    case 'cookie-linked':
      return isHidden(effect.personId, effect.from) ? { ...effect, cookie: erasedValue(hash, effect.cookie) } : effect
    case 'status-changed':
    case 'cause-strengthened':
      return {
        ...effect,
        key: keyOf(effect.key),
        reason: text(effect.reason),
        evidence: effect.evidence && text(effect.evidence),
      }
    case 'resubscribe-refused':
      return { ...effect, key: effect.key && keyOf(effect.key) }
    case 'fan-out-started':
    case 'fan-out-advanced':
    case 'address-erased':
      return { ...effect, key: keyOf(effect.key) }
    case 'address-returned':
      return { ...effect, from: keyOf(effect.from), key: keyOf(effect.key) }
    case 'activity': {
      const reason = text(effect.reason)
      const isValue = effect.kind === 'value-changed' && effect.attribute !== flagField
      if (isValue && gone.has(effect.personId)) return { ...effect, reason, from: null, to: null }
      return { ...effect, reason, from: without(effect.from, key, text), to: without(effect.to, key, text) }
    }
    case 'person-deleted':
    case 'list-joined':
    case 'list-left':
      return effect
    default:
      return effect satisfies never
  }
}

// A value that is the address, in whatever spelling, or that has it among other words.
function without(value: string | null, key: AddressKey, text: (given: string) => string): string | null {
  if (value === null) return null
  const parsed = parseAddress(value)
  return parsed.type === 'address' && parsed.address.key === key ? erasedText : text(value)
}

const escaped = (literal: string): string => literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

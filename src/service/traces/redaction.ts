// What is left of one traced call once its values are gone: a description of each in its place, by which equal
// addresses can be told apart and nothing else can. Knows texts; must not know which message they stood in.

import { type AddressKey, parseAddress } from '../../domain/address.js'

export interface Redaction {
  /** What stands in the place of a value: its kind and length, and of an address its keyed hash. */
  value(text: string): string
  /** The same of a signature: only what it is written with. */
  signature(text: string): string
  /** The sentence, without the values that were taken out before, whatever is quoted, and any address. */
  sentence(text: string, isName: (word: string) => boolean): string
  /** Leaves no description; what it is must not come back in a sentence. */
  forget(text: string): void
  /** There was more than was looked at: no sentence is kept, since nobody knows what it repeats. */
  forgetTheRest(): void
}

// Enough to tell the addresses of a caller apart, and to find one in a log or a refusal by its beginning.
const hashLength = 16
const addressesNamedMax = 3
const addressesLookedAtMax = 100
// A single character tells nothing; two are looked for as a whole value, since they stand inside of many words.
const shortLength = 3

const betweenAddresses = /[\s'"`<>(),;:=]+/
const kinds: readonly (readonly [string, RegExp])[] = [
  ['integer', /^[+-]?\d+$/],
  ['number', /^[+-]?\d*[.,]\d+$/],
  ['boolean', /^(?:true|false)$/i],
  ['null', /^null$/i],
  ['date-time', /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)$/i],
  ['date-time without zone', /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*$/],
  ['date', /^\d{4}-\d\d-\d\d$/],
  ['hex', /^[0-9a-f]{16,}$/i],
]
// A quoted part, or whatever stands between white space and the marks that sentences put around values.
const sentencePart = /'([^']*)'|[^\s'"`<>(){}[\],;:=/]+/gu

export function createRedaction(hashAddress: (key: AddressKey) => string): Redaction {
  const whole = new Set<string>()
  const pieces: string[] = []
  let removed: string | null = null
  let isComplete = true

  const forget = (text: string): void => {
    const folded = text.trim().toLowerCase()
    if (folded.length < shortLength) void whole.add(folded)
    else void pieces.push(folded)
    removed = null
  }
  const hashOf = (text: string): string | null => {
    const parsed = parseAddress(text)
    return parsed.type === 'address' ? hashAddress(parsed.address.key).slice(0, hashLength) : null
  }
  const described = (text: string): string => {
    const trimmed = text.trim()
    if (text === '') return ''
    if (trimmed === '') return `[space ${text.length}]`
    const traits = [
      ...(trimmed.length < text.length ? ['padded'] : []),
      ...(/[^\t\n\r -~]/.test(trimmed) ? ['not ASCII'] : []),
    ]
    const tail = traits.map(trait => `, ${trait}`).join('')
    const hash = hashOf(trimmed)
    if (hash !== null) return `[address ${hash} ${text.length}${tail}]`
    const parts = trimmed.includes('@') ? trimmed.split(betweenAddresses).filter(part => part.includes('@')) : []
    const named = [...new Set(parts.slice(0, addressesLookedAtMax).flatMap(part => hashOf(part) ?? []))]
    const addresses = named.length === 0 ? '' : ` with ${named.slice(0, addressesNamedMax).join(', ')}`
    const kind = kinds.find(([, form]) => form.test(trimmed))?.[0] ?? 'text'
    return `[${kind} ${text.length}${addresses}${tail}]`
  }
  const isRemoved = (word: string): boolean => {
    const folded = word.toLowerCase().replace(/\.+$/, '')
    if (folded.length < shortLength) return folded.length > 1 && whole.has(folded)
    removed ??= pieces.join('\n')
    return removed.includes(folded)
  }

  return {
    forget,
    value(text) {
      forget(text)
      return described(text)
    },
    signature(text) {
      forget(text)
      const trimmed = text.trim()
      const letters = /^[0-9a-f]+$/.test(trimmed) ? 'small hex' : /^[0-9A-F]+$/.test(trimmed) ? 'capital hex' : 'other'
      return text === '' ? '' : `[signature of ${trimmed.length}, ${letters} characters]`
    },
    forgetTheRest() {
      isComplete = false
    },
    sentence(text, isName) {
      if (!isComplete) return described(text)
      return text.replace(sentencePart, (part, quoted: string | undefined) => {
        if (quoted !== undefined) {
          // Marks such as '<' are what a reader of XML complains about.
          return isName(quoted) || /^[^\p{L}\p{N}]{0,3}$/u.test(quoted) ? part : `'${described(quoted)}'`
        }
        if (part.includes('@')) return described(part)
        return !isName(part) && isRemoved(part) ? `[text ${part.length}]` : part
      })
    },
  }
}

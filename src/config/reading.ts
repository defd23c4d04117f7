// How one variable is described and read. A reader throws a sentence that says what was expected; config.ts adds the
// name of the variable and what came.

import { type Networks, readNetworks } from '../http/networks.js'

export interface ConfigVariable {
  readonly name: string
  /** As shown to people; absent where there is none. */
  readonly default?: string
  readonly description: string
}

export interface Variable<T> extends ConfigVariable {
  /** Throws a sentence that says what was expected. */
  read(text: string | undefined): T
}

export const oneOf =
  <const Choices extends readonly string[]>(...choices: Choices) =>
  (fallback: Choices[number]) =>
  (text: string | undefined): Choices[number] => {
    const value = text ?? fallback
    if (choices.includes(value)) return value
    throw new Error(`expected ${choices.join(' or ')}`)
  }

export const whole =
  (fallback: number, least: number, most: number) =>
  (text: string | undefined): number => {
    const value = text === undefined ? fallback : /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new Error(`expected a whole number from ${least} to ${most}`)
  }

export const limit = (text: string | undefined): number | null =>
  text === undefined || text === 'off' ? null : whole(1, 1, 1_000_000_000)(text)

export const networks = (text: string | undefined): Networks => {
  const entries = (text ?? '').split(',').map(part => part.trim())
  const { networks: read, problems } = readNetworks(entries.filter(part => part !== ''))
  if (problems.length > 0) throw new Error(problems.join(', '))
  return read
}

export const optional = (text: string | undefined): string | null => text ?? null

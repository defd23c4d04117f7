// How values of options are read, where commander leaves that to us.

import { InvalidArgumentError } from 'commander'

/** For an option that may be given several times: all its values in order. */
export function repeated(value: string, all: string[]): string[] {
  return [...all, value]
}

export function wholeDays(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number of days')
}

export function wholeSeconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number of seconds')
}

export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number from 1 on')
}

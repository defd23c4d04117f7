// How much a command weighs in a batch. Knows commands; must not know what a batch does with the figure.

import type { Command } from '../../domain/command.js'

// Not for its length, but so that lists of people do not fill a batch with more rows than a statement may name.
const charactersOfMember = 1_000

export function charactersOf(command: Command): number {
  if (command.type === 'change-list') return command.people.length * charactersOfMember
  if (command.type !== 'save-person') return 0
  return Object.values(command.fields).reduce((sum, value) => sum + (value?.length ?? 0), 0)
}

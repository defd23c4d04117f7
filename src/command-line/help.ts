// What `--help` says about the environment, made from the list that also reads it.

import type { ConfigVariable } from '../config.js'

export function environmentHelp(list: readonly ConfigVariable[]): string {
  return list
    .map(
      ({ name, default: fallback, description }) =>
        `  ${name}${fallback === undefined ? '' : ` (${fallback})`}\n      ${description}`,
    )
    .join('\n')
}

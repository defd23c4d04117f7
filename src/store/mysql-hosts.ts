// Which server of a cluster is used: always the first of the list that answers and can be written to, so that all
// processes write to the same one. Knows hosts and how they fared; must not know what a connection is.

import type { Host } from './database-url.js'

export interface Hosts {
  /** Tries one host after the other. Rejects with what the first one said where none can be had. */
  connect<Connection>(attempt: (host: Host) => Promise<Connection>): Promise<Connection>
  /** It was connected and is of no use: the next connection goes to another one, if there is any. */
  failed(host: Host): void
}

// A host that failed is tried last for so long: connecting to a machine that is switched off costs the whole deadline.
const avoidedForMs = 5_000

export function createHosts(hosts: readonly [Host, ...Host[]], now: () => number = Date.now): Hosts {
  const avoidedUntil = new Map<Host, number>()
  const isAvoided = (host: Host): boolean => (avoidedUntil.get(host) ?? 0) > now()
  const failed = (host: Host): void => void avoidedUntil.set(host, now() + avoidedForMs)
  return {
    failed,
    async connect(attempt) {
      const order = [...hosts.filter(host => !isAvoided(host)), ...hosts.filter(isAvoided)]
      const causes: unknown[] = []
      for (const host of order) {
        try {
          const connection = await attempt(host)
          avoidedUntil.delete(host)
          return connection
        } catch (cause) {
          failed(host)
          causes.push(cause)
        }
      }
      throw causes[0]
    },
  }
}

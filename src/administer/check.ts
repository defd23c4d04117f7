// What the command line does to check addresses before sending, on a store without a server. Prints a line for each
// and sets the exit code.

import { userInfo } from 'node:os'
import type { Config } from '../config.js'
import type { Purpose } from '../domain/mailing.js'
import { BlockedAttempts } from '../service/blocked-attempts.js'
import { createCheck, type Verdict } from '../service/checks.js'
import { print, refuse, withStore } from './store-work.js'

/** Not 1: that is a command that could not do its work. */
const someMayNotBeMailed = 2

export async function checkAddresses(config: Config, addresses: readonly string[], purpose: Purpose): Promise<void> {
  await withStore(config, async ({ store, settings }) => {
    const attempts = new BlockedAttempts(store, {
      lost: count => refuse(`${count} blocked addresses could not be put on record`),
      trouble: () => {},
    })
    const check = createCheck({ store, attempts, settings, now: Date.now })
    const caller = `command line (${userInfo().username})`.slice(0, 255)
    const { verdicts } = await check({ addresses, purpose, mode: 'each', caller })
    verdicts.forEach((verdict, index) => {
      print([verdict.type.padEnd(7), addresses[index], told(verdict)].join('  '))
    })
    await attempts.stop()
    if (verdicts.some(({ type }) => type !== 'send')) process.exitCode = someMayNotBeMailed
  })
}

function told(verdict: Verdict): string {
  if (verdict.type === 'invalid') return verdict.problem
  if (verdict.why === 'check-off') return 'the check is switched off'
  const { status, since, reason } = verdict.status
  if (status === 'subscribed') return status
  const mayPass = verdict.why === 'transactional' ? '; transactional mail may be sent all the same' : ''
  return `${status} since ${since === null ? 'unknown' : new Date(since).toISOString()}: ${reason ?? ''}${mayPass}`
}

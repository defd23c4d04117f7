// What the command line does about what is held of an address, on a store with or without a server. Prints JSON for the
// owner of the address, or plain lines for people.

import { userInfo } from 'node:os'
import type { Config } from '../config.js'
import { type Address, parseAddress } from '../domain/address.js'
import { OperatorError } from '../operator-error.js'
import { createPrivacy } from '../service/privacy/privacy.js'
import { print, withStore } from './store-work.js'

export async function exportAddress(config: Config, text: string): Promise<void> {
  const address = addressOf(text)
  await withStore(config, async opened => {
    const { deliveries, commands, ...held } = await createPrivacy(opened).holdings(address)
    const told = commands.map(({ detail, ...entry }) => ({ ...entry, detail: detail && JSON.parse(detail) }))
    print(JSON.stringify({ address: address.key, ...held, commands: told, deliveries }, null, 2))
  })
}

export async function eraseAddress(
  config: Config,
  text: string,
  { reason, evidence }: { readonly reason: string; readonly evidence: string | undefined },
): Promise<void> {
  const address = addressOf(text)
  await withStore(config, async opened => {
    const actor = `command line (${userInfo().username})`.slice(0, 255)
    const source = 'command line'
    const cause = { actor, role: 'admin', source, reason, reasonGiven: true, evidence: evidence ?? null } as const
    const answer = await createPrivacy(opened).erase({ address, cause, replay: { type: 'none' } })
    if (answer.type !== 'carried-out' || answer.outcome.type !== 'erased')
      throw new Error(`an erasure was answered with ${answer.type}`)
    const { counts, kept } = answer.outcome
    const { people, logEntries, activities } = counts
    print(`erased: ${people} people, ${logEntries} entries of the log and ${activities} lines of history redacted`)
    print(
      kept.version === 0
        ? 'no status was ever set'
        : `kept under a keyed hash: ${kept.status}, version ${kept.version}`,
    )
    const { jobs, flowRuns, notifications } = await createPrivacy(opened).waiting(address)
    if (jobs.length > 0) print(`jobs that are not over name it: ${jobs.join(', ')}; erase again after them`)
    if (flowRuns.length > 0) print(`runs of flows that are not over name it: ${flowRuns.join(', ')}; the same`)
    if (notifications > 0) print(`messages of Salesforce that wait name it: ${notifications}; the same`)
  })
}

function addressOf(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed.type !== 'address') throw new OperatorError(`privacy: ${parsed.problem}`)
  return parsed.address
}

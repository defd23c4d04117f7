// What the command line does about the secrets in the store: seals them with another key. Prints none of them.

import type { Config } from '../config.js'
import { OperatorError } from '../operator-error.js'
import { resealAll } from '../service/access/reseal.js'
import { print, refuse, withStore } from './store-work.js'

export async function resealSecrets(config: Config): Promise<void> {
  if (config.secretKey === null)
    throw new OperatorError('SECRET_KEY: expected the key that the secrets are to be sealed with')
  await withStore(config, async ({ store, seal }) => {
    const { resealed, current, unreadable } = await resealAll(store, seal)
    print(`sealed anew: ${resealed}, sealed with SECRET_KEY before: ${current}`)
    if (unreadable.length === 0) return
    refuse(`sealed with a key that is not given, and left as they are: ${unreadable.join(', ')}`)
  })
}

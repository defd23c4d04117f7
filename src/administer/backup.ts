// Copies an embedded store while it is in use. The file has its name only when all of it is on disk, so whatever has
// the name is a whole backup; and only its owner may read it, since it holds what the store holds.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config.js'
import { OperatorError } from '../operator-error.js'
import { openStore } from '../store/store.js'
import { print, refuseMissing, sayStore } from './store-work.js'

export async function backUp(config: Config, name: string): Promise<void> {
  const file = resolve(name)
  sayStore(config)
  refuseMissing(config.storeUrl)
  if (existsSync(file)) throw new OperatorError(`${file} is there already: choose another name, or remove it`)
  const part = `${file}.${randomBytes(4).toString('hex')}.part`
  // Opened without a look at the schema: a backup before an upgrade must not bring the upgrade about.
  const store = openStore(config.storeUrl)
  try {
    await (await open(part, 'wx', 0o600)).close()
    if (!(await store.copyTo(part)))
      throw new OperatorError(
        'the store is on a database server: use its own tools, such as mysqldump (see the README)',
      )
    await toDisk(part)
    await rename(part, file)
    await toDisk(dirname(file))
  } finally {
    await rm(part, { force: true })
    await store.close()
  }
  print(`${file}: ${(await stat(file)).size} bytes`)
}

async function toDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

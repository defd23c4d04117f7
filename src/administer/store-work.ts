// What every command on a store has in common: it names the store, opens and closes it, prints plain lines for people
// and sets the exit code. It knows nothing of what a command does.

import { existsSync } from 'node:fs'
import type { Config } from '../config.js'
import { type Opened, open } from '../opening.js'
import { OperatorError, shownUrl } from '../operator-error.js'

export const print = (line: string): void => void process.stdout.write(`${line}\n`)

export function refuse(line: string): void {
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}

/** With another folder or environment than the server has, a command would change another store without a word. */
export const sayStore = ({ storeUrl }: Config): void => void process.stderr.write(`store: ${shownUrl(storeUrl)}\n`)

export async function withStore(config: Config, work: (opened: Opened) => Promise<void>): Promise<void> {
  sayStore(config)
  const opened = await open(config)
  try {
    await work(opened)
  } finally {
    await opened.store.close()
  }
}

/** For commands that only look: opening an embedded store would make an empty one. */
export function refuseMissing(storeUrl: string): void {
  const file = /^sqlite:(?:\/\/)?(.*)$/.exec(storeUrl)?.[1]
  if (file === undefined || existsSync(file)) return
  throw new OperatorError(`there is no store at ${file}: check DATABASE_URL, DATA_DIR and the folder you are in`)
}

// Generated and compiled code, kept from run to run under a hash of all that it is made from. It knows folders and
// files; it must not know any toolkit.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../support/project.js'

const cache = join(projectRoot, 'node_modules/.cache/interop')
export const driversFolder = join(projectRoot, 'test/fixtures/interop/drivers')

export interface Ingredients {
  /** Which toolkit with which version of the WSDL; one build of each is kept. */
  readonly name: string
  readonly toolVersion: string
  readonly wsdlText: string
  /** Names of files in the folder of drivers. */
  readonly drivers: readonly string[]
  /** The commands, as text. */
  readonly recipe: string
}

/**
 * A folder in which `build` has succeeded with these ingredients. A server listens on another port each time: the
 * address in the WSDL makes no difference, since drivers are told where to call.
 */
export async function builtFolder(
  ingredients: Ingredients,
  build: (folder: string) => Promise<void>,
): Promise<{ readonly folder: string; readonly isNew: boolean }> {
  const name = ingredients.name.replace(/\W+/g, '-').toLowerCase()
  const folder = join(cache, `${name}.${await hashOf(ingredients)}`)
  if (existsSync(folder)) return { folder, isNew: false }
  await mkdir(cache, { recursive: true })
  const unfinished = await mkdtemp(join(cache, 'unfinished-'))
  try {
    await build(unfinished)
    await forget(`${name}.`)
    // At once, so that nobody finds half of it.
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another run was faster.
    if (!existsSync(folder)) throw error
  }
  return { folder, isNew: true }
}

async function forget(prefix: string): Promise<void> {
  const outdated = (await readdir(cache)).filter(name => name.startsWith(prefix))
  await Promise.all(outdated.map(name => rm(join(cache, name), { recursive: true, force: true })))
}

async function hashOf({ toolVersion, wsdlText, drivers, recipe }: Ingredients): Promise<string> {
  const hash = createHash('sha256')
  const texts = await Promise.all(drivers.map(driver => readFile(join(driversFolder, driver))))
  const wsdl = wsdlText.replace(/(<[\w:]*address\s+location=")[^"]*/, '$1')
  for (const part of [toolVersion, recipe, wsdl, ...texts]) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 20)
}

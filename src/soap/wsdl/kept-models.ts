// The models of WSDLs as they were read when the program was built, by the bytes of their files: to read one takes npm
// soap, a third of a second and 30 MiB. A file that was changed since is in nobody's memory, and is read anew.

import { hash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { WsdlModel } from './wsdl-shape.js'

// Beside the program, and made with it: another build of the reader has another memory.
const keptFile = new URL('./kept-models.bin', import.meta.url)

type Kept = ReadonlyMap<string, WsdlModel>

/** The models of these files, in their order; null where one of them is not known as it is. */
export async function keptModels(paths: readonly string[]): Promise<readonly WsdlModel[] | null> {
  const bytes = await readFile(keptFile).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw cause
  })
  if (bytes === null) return null
  const kept: Kept = deserialize(bytes)
  const models = await Promise.all(paths.map(async path => kept.get(nameOf(await readFile(path)))))
  return models.includes(undefined) ? null : (models as WsdlModel[])
}

/** Reads the WSDLs of a folder and keeps what it says. The last step of a build. */
export async function keepModels(folder: string): Promise<void> {
  const { loadWsdlModel } = await import('./wsdl-model.js')
  const kept = new Map<string, WsdlModel>()
  for (const file of (await readdir(folder)).filter(name => name.endsWith('.wsdl'))) {
    const path = join(folder, file)
    // One that is refused is another reader's, or whoever asks for it hears why.
    const model = await loadWsdlModel(path).catch(() => null)
    if (model !== null) kept.set(nameOf(await readFile(path)), model)
  }
  await writeFile(keptFile, serialize(kept))
}

const nameOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex')

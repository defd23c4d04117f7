// Reads WSDLs that were not read when the program was built, in a thread of its own: npm soap and all that it needs
// take 30 MiB and a third of a second, once, and the thread takes them with it when it ends. It must not know what is
// done with the models.

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { keptModels } from './kept-models.js'
import type { WsdlModel } from './wsdl-shape.js'

/** The models of these files, in their order. Rejects like `loadWsdlModel`. */
export async function loadWsdlModelsAside(paths: readonly string[]): Promise<readonly WsdlModel[]> {
  // Run from its sources, as tests do, a thread of its own would know no TypeScript.
  if (import.meta.url.endsWith('.ts')) return load(paths)
  const kept = await keptModels(paths)
  if (kept !== null) return kept
  const worker = new Worker(new URL(import.meta.url), { workerData: { wsdlPaths: paths } })
  const [models] = (await once(worker, 'message')) as [readonly WsdlModel[]]
  return models
}

async function load(paths: readonly string[]): Promise<readonly WsdlModel[]> {
  const { loadWsdlModel } = await import('./wsdl-model.js')
  return Promise.all(paths.map(loadWsdlModel))
}

const asked: unknown = isMainThread ? undefined : (workerData as { readonly wsdlPaths?: unknown } | null)?.wsdlPaths
if (Array.isArray(asked)) parentPort!.postMessage(await load(asked as readonly string[]))

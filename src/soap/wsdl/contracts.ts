// The versions of the legacy contract that are served: which path segment gets which file, compiled once at start.
// Knows versions and files; must not know requests.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileEnvelopeDecoder, type DecodeEnvelope } from '../codec/codec-envelope-decode.js'
import { compileEnvelopeEncoder, type EncodeEnvelope } from '../codec/codec-envelope-encode.js'
import { type EnvelopeWords, envelopeWords } from '../traces/envelope-words.js'
import type { WsdlModel } from './wsdl-shape.js'
import { wsdlUnion } from './wsdl-union.js'

/** One version as it is spoken. */
export interface Contract {
  /** As served before an address is put into it. */
  readonly wsdlText: string
  /** Names of all operations that the version declares. */
  readonly operations: ReadonlySet<string>
  /** Reads the requests of every version: clients mix the version of their WSDL with that of their endpoint. */
  readonly decode: DecodeEnvelope
  /** Takes replies as the newest version has them, and writes what this version shows of them. */
  readonly encode: EncodeEnvelope
  /** Of all versions. */
  readonly words: EnvelopeWords
}

/** By path segment, such as `3_1`. */
export type Contracts = ReadonlyMap<string, Contract>

// Each version where strict clients see another shape (legacy-soap-contract 8), oldest first, with the versions that
// get it: those up to the next one that is known to differ. Of the versions before 2_1 no file was ever seen; 2_1 has
// all that theirs could ask for.
const versionsOfFile: ReadonlyMap<string, readonly string[]> = new Map([
  ['mktows-2_1.wsdl', [...segments(1, 3, 9), '2_0', '2_1']],
  ['mktows-2_2.wsdl', ['2_2']],
  ['mktows-2_3.wsdl', segments(2, 3, 6)],
  ['mktows-2_7.wsdl', segments(2, 7, 9)],
  ['mktows-3_1.wsdl', ['3_0', '3_1']],
])

function segments(major: number, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${major}_${from + index}`)
}

/** The models of these files, in their order. */
export type LoadModels = (paths: readonly string[]) => Promise<readonly WsdlModel[]>

/** `folder` holds the files of `wsdl/`. Rejects with an Error that names the file where one cannot be served. */
export async function loadContracts(folder: string, loadModels: LoadModels = loadModelsHere): Promise<Contracts> {
  const paths = [...versionsOfFile.keys()].map(file => join(folder, file))
  const [models, texts] = await Promise.all([loadModels(paths), Promise.all(paths.map(path => readFile(path, 'utf8')))])
  const files = [...versionsOfFile.values()].map((versions, index) => {
    return { versions, wsdlText: texts[index]!, model: models[index]! }
  })
  const union = wsdlUnion(files.map(({ model }) => model))
  const decode = compileEnvelopeDecoder(union)
  const words = envelopeWords(union)
  const contracts = files.flatMap(({ versions, wsdlText, model }) => {
    const operations = new Set(model.operations.keys())
    const encode = compileEnvelopeEncoder(model, { sayable: union })
    const contract = { wsdlText, operations, decode, encode, words }
    return versions.map((version): [string, Contract] => [version, contract])
  })
  return new Map(contracts)
}

// npm soap is loaded only where a file is read: it takes a third of a second and 30 MiB.
export const loadModelsHere: LoadModels = async paths => {
  const { loadWsdlModel } = await import('./wsdl-model.js')
  return Promise.all(paths.map(loadWsdlModel))
}

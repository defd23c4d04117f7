// The versions of the legacy contract that are served: which path segment gets which file, compiled once at start.
// Knows versions and files; must not know requests.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileEnvelopeDecoder, type DecodeEnvelope } from './codec-envelope-decode.js'
import { compileEnvelopeEncoder, type EncodeEnvelope } from './codec-envelope-encode.js'
import { loadWsdlModel } from './wsdl-model.js'

/** One version as it is spoken. */
export interface Contract {
  /** As served before an address is put into it. */
  readonly wsdlText: string
  /** Names of all operations that the version declares. */
  readonly operations: ReadonlySet<string>
  readonly decode: DecodeEnvelope
  readonly encode: EncodeEnvelope
}

/** By path segment, such as `3_1`. */
export type Contracts = ReadonlyMap<string, Contract>

// Clients mix the version of their WSDL with that of their endpoint, so every path takes every known request. What the
// served operations answer is the same in all versions (legacy-soap-contract 8); a version that differs in what a
// strict client sees gets a file of its own here.
const latest = 'mktows-3_1.wsdl'
const fileOfVersion: Readonly<Record<string, string>> = {
  ...segments(1, 3, 8, latest),
  ...segments(2, 0, 9, latest),
  ...segments(3, 0, 1, latest),
}

function segments(major: number, from: number, to: number, file: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [`${major}_${from + index}`, file]))
}

/** `folder` holds the files of `wsdl/`. Rejects with an Error that names the file where one cannot be served. */
export async function loadContracts(folder: string): Promise<Contracts> {
  const files = [...new Set(Object.values(fileOfVersion))]
  const loaded = new Map(
    await Promise.all(files.map(async file => [file, await loadContract(join(folder, file))] as const)),
  )
  return new Map(Object.entries(fileOfVersion).map(([version, file]) => [version, loaded.get(file)!]))
}

async function loadContract(path: string): Promise<Contract> {
  const [model, wsdlText] = await Promise.all([loadWsdlModel(path), readFile(path, 'utf8')])
  return {
    wsdlText,
    operations: new Set(model.operations.keys()),
    decode: compileEnvelopeDecoder(model),
    encode: compileEnvelopeEncoder(model),
  }
}

// The files of wsdl/, oldest first: their texts, and their models without the codec's union of them.
import { readFileSync } from 'node:fs'
import { parseWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import type { WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { projectRoot } from '../support/project.js'

export interface VersionFile {
  /** Such as `2_1`. */
  readonly version: string
  readonly wsdlText: string
  readonly model: WsdlModel
}

export const fileVersions = ['2_1', '2_2', '2_3', '2_7', '3_1'] as const

export async function versionFiles(): Promise<readonly VersionFile[]> {
  return Promise.all(
    fileVersions.map(async version => {
      const wsdlText = readFileSync(`${projectRoot}wsdl/mktows-${version}.wsdl`, 'utf8')
      return { version, wsdlText, model: await parseWsdlModel(wsdlText) }
    }),
  )
}

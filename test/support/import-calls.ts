// Imports as callers send and watch them, and the worker that carries them out when a test says so.
import { jobRound } from '../../src/service/jobs/job-round.js'
import { aHashAddress } from './builders.js'
import { aMessage, type HeaderTraits, resultOf, type SoapFace, type Tree } from './soap-face.js'

export interface ImportTraits extends HeaderTraits {
  readonly program?: string
  readonly list?: string
  readonly header?: string
  readonly rows?: readonly string[]
  readonly mode?: string
  readonly clear?: string
  readonly campaign?: string
}

/** Rows with addresses and first names go onto Fair.Visitors, unless told otherwise. */
export function anImport(traits: ImportTraits = {}): string {
  const { program = 'Fair', list = 'Visitors', header = 'Email Address,First Name', campaign, ...rest } = traits
  const { rows = ['ada@x.example,Ada'], mode = 'UPSERTLEADS', clear = 'false', ...headers } = rest
  const items = rows.map(row => `<stringItem>${escaped(row)}</stringItem>`).join('')
  const campaignName =
    campaign === undefined ? '<campaignName xsi:nil="true"/>' : `<campaignName>${campaign}</campaignName>`
  return aMessage(
    `<ns1:paramsImportToList><programName>${program}</programName>` +
      `<importFileHeader>${escaped(header)}</importFileHeader><importFileRows>${items}</importFileRows>` +
      `<importListMode>${mode}</importListMode><listName>${list}</listName><clearList>${clear}</clearList>` +
      `${campaignName}</ns1:paramsImportToList>`,
    headers,
  )
}

export function anImportStatus(program = 'Fair', list = 'Visitors', traits: HeaderTraits = {}): string {
  const names = `<programName>${program}</programName><listName>${list}</listName>`
  return aMessage(`<ns1:paramsGetImportToListStatus>${names}</ns1:paramsGetImportToListStatus>`, traits)
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

export interface Worker {
  readonly defects: unknown[]
  /** One import to its end; false where none waits. */
  round(signal?: AbortSignal): Promise<boolean>
}

export function anImportWorker(face: SoapFace, traits: { chunkRows?: number; now?: () => number } = {}): Worker {
  const defects: unknown[] = []
  const { chunkRows = 3, now = Date.now } = traits
  const { store, writes, service } = face
  const onDefect = (cause: unknown): void => void defects.push(cause)
  const options = { store, writes, fields: service.fields, hashAddress: aHashAddress, chunkRows, now, onDefect }
  const round = jobRound(options, 'lists')
  return { defects, round: (signal = new AbortController().signal) => round(signal) }
}

/** Sends the import, carries it out, and gives what getImportToListStatus then says. */
export async function imported(face: SoapFace, traits: ImportTraits): Promise<Tree> {
  const { importStatus } = resultOf(await face.send(anImport(traits)))
  if (String(importStatus) !== 'PROCESSING') throw new Error(`acknowledged as ${String(importStatus)}`)
  const worker = anImportWorker(face)
  while (await worker.round());
  if (worker.defects.length > 0) throw worker.defects[0]
  return resultOf(await face.send(anImportStatus(traits.program, traits.list)))
}

// All people or all suppressions as a file that is made while it is sent. One at a time: each holds a view of the store
// as it was when it began. It knows streams and their ends; what stands in a row is said in service/jobs/export.ts.

import { PassThrough } from 'node:stream'
import { z } from 'zod'
import { type ExportWanted, exportAll, type Write } from '../service/jobs/export.js'
import type { Service } from '../service/service.js'
import { Problem } from './problem.js'
import { type GuardedRoute, route } from './route.js'

// The database would end the transaction of a reader that is silent for longer.
const pieceMs = 15_000
const contentTypes = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const

export function exportRoutes({ exports, fields }: Pick<Service, 'exports' | 'fields'>): GuardedRoute[] {
  let isBusy = false
  return [
    route({
      method: 'GET',
      path: '/v1/exports/:subject',
      operationId: 'exportAll',
      tag: 'Bulk',
      summary: 'All people, or all addresses that must not be mailed',
      description:
        'As of one moment; an import reads it again. Packed where Accept-Encoding allows gzip. An answer that ends ' +
        'without its last chunk is not whole. Each process sends one export at a time.',
      role: 'reader',
      params: z.strictObject({ subject: z.enum(['people', 'suppressions']).describe('What is exported.') }),
      query: z.strictObject({ format: z.enum(['csv', 'ndjson']).default('csv') }),
      replies: { 200: { contentTypes: Object.values(contentTypes) } },
      examples: [
        { title: 'People', params: { subject: 'people' }, status: 200 },
        { title: 'Suppressions', params: { subject: 'suppressions' }, query: { format: 'ndjson' }, status: 200 },
      ],
      async handle({ params: { subject }, query: { format: form }, left }) {
        if (isBusy) throw busy()
        isBusy = true
        const wanted: ExportWanted = { subject, form, dictionary: fields.dictionary }
        const { stream, begun, ended } = begin(exports, wanted, left)
        void ended.then(() => {
          isBusy = false
        })
        // A store that does not answer is told as such, while there is still an answer to be made.
        await begun
        return { status: 200, content: { type: 'stream', contentType: contentTypes[form], stream } }
      },
    }),
  ]
}

interface Begun {
  readonly stream: PassThrough
  /** Resolves with the first piece, or the end; rejects where there was neither. */
  readonly begun: Promise<void>
  readonly ended: Promise<void>
}

function begin(exports: Service['exports'], wanted: ExportWanted, left: AbortSignal): Begun {
  const stream = new PassThrough()
  let first: () => void = () => {}
  const firstPiece = new Promise<void>(resolve => {
    first = resolve
  })
  const write: Write = text => {
    first()
    return written(stream, text)
  }
  left.addEventListener('abort', () => stream.destroy())
  const done = exportAll(exports, wanted, write).then(
    () => void stream.end(),
    (cause: Error) => {
      stream.destroy(cause)
      throw cause
    },
  )
  return { stream, begun: Promise.race([firstPiece, done]), ended: done.catch(() => {}) }
}

function written(stream: PassThrough, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const tooSlow = new Error(`nobody took a part of an export within ${pieceMs} ms`)
    const timer = setTimeout(() => stream.destroy(tooSlow), pieceMs)
    const settle = (cause?: Error | null): void => {
      clearTimeout(timer)
      stream.off('close', leave)
      if (cause) reject(cause)
      else resolve()
    }
    // A stream that is destroyed forgets whoever waits for the piece in its hands.
    const leave = (): void => settle(stream.errored ?? new Error('the reader of an export has left'))
    if (stream.destroyed) return leave()
    stream.once('close', leave)
    stream.write(text, settle)
  })
}

const busy = (): Problem =>
  new Problem({
    status: 503,
    name: 'busy',
    title: 'Another export is on its way',
    detail: 'an export is being sent by this server; ask again when it is over',
    headers: { 'Retry-After': '30' },
  })

// From what was sent to what a route works with: JSON text, and zod's issues as findings with paths and sentences. It
// knows forms, never meanings.

import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { type Finding, Problem } from './problem.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads a JSON body. Throws a 415 problem for another content type and a 400 problem for what is not JSON. */
export function readJson(bytes: Uint8Array, headers: IncomingHttpHeaders): unknown {
  const contentType = headers['content-type']
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? '')) {
    throw new Problem({
      status: 415,
      name: 'unsupported-media-type',
      title: 'Unsupported media type',
      detail: `Content-Type: expected application/json, got ${contentType === undefined ? 'none' : `'${contentType}'`}`,
      headers: { Accept: 'application/json' },
    })
  }
  if (bytes.length === 0) throw unreadable('expected a JSON document, got an empty body')
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (cause) {
    const isEncoding = !(cause instanceof SyntaxError)
    throw unreadable(isEncoding ? 'the body is not UTF-8' : `the body is not JSON: ${cause.message}`, cause)
  }
}

function unreadable(detail: string, cause?: unknown): Problem {
  return new Problem({ status: 400, name: 'unreadable-body', title: 'Unreadable body', detail }, { cause })
}

/** Parses one part of a request; what is wrong is added to `findings`, and undefined comes back. */
export function parsePart<Schema extends z.ZodType>(
  part: 'url' | 'query' | 'body',
  schema: Schema,
  given: unknown,
  findings: Finding[],
): z.output<Schema> | undefined {
  const parsed = schema.safeParse(given, { reportInput: true })
  if (parsed.success) return parsed.data
  findings.push(...parsed.error.issues.flatMap(issue => findingsOf(part, issue)))
  return undefined
}

/** One of many things that are judged each by itself: what is wrong with it is told in its own place of the reply. */
export type OnItsOwn<Value> =
  | { readonly type: 'read'; readonly value: Value }
  | { readonly type: 'wrong'; readonly issues: readonly z.core.$ZodIssue[]; readonly given: unknown }

/** Never fails, whatever it is given; described as the schema that it stands for. */
export function onItsOwn<Schema extends z.ZodType>(schema: Schema) {
  type Read = OnItsOwn<z.output<Schema>>
  // Who describes the schema asks without an error for what stands in the place of a wrong value.
  return schema
    .transform((value): Read => ({ type: 'read', value }))
    .catch(
      (failed: z.core.$ZodCatchCtx | undefined): Read =>
        failed === undefined
          ? (undefined as never)
          : { type: 'wrong', issues: failed.error.issues, given: failed.value },
    )
}

export function findingsOf(at: string, issue: z.core.$ZodIssue): Finding[] {
  const path = [at, ...issue.path.map(String)].join('.')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => ({ path: `${path}.${key.slice(0, 100)}`, message: ownMessage(issue) }))
    case 'invalid_value': {
      const expected = issue.values.map(value => `'${String(value)}'`).join(' or ')
      return [{ path, message: `expected ${expected}, got ${told(issue.input)}` }]
    }
    case 'invalid_type':
      return [{ path, message: `expected ${issue.expected}, got ${told(issue.input)}` }]
    case 'too_big':
      return [{ path, message: `expected at most ${issue.maximum}${unitOf(issue.origin)}` }]
    case 'too_small':
      return [{ path, message: `expected at least ${issue.minimum}${unitOf(issue.origin)}` }]
    default:
      return [{ path, message: issue.message }]
  }
}

// Where the schema has nothing better to say than that there is no such key.
const ownMessage = ({ message }: z.core.$ZodIssue): string =>
  message.startsWith('Unrecognized key') ? 'is not known here' : message

const unitOf = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' || origin === 'set' ? ' items' : ''

function told(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? `'${value.slice(0, 60)}'` : String(value)
}

export const reasonLengthMax = 1_000
export const evidenceLengthMax = 4_000

/** Text that people wrote: without blanks at the ends, not empty, and nothing in it that no encoding can carry. */
export function statedText(lengthMax: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .refine(text => !/\p{Cs}/u.test(text), 'expected whole characters, got half of a surrogate pair')
}

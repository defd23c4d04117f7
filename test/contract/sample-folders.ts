// The folders of samples/: what a client sent, what was there before, and what it must get (see samples/README.md).
// It knows files and placeholders; how a call is carried out is the test's.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Policy, Role } from '../../src/domain/command.js'
import type { NewFlow } from '../../src/domain/flow.js'
import type { CallLimits } from '../../src/service/access/call-limits.js'
import type { Workspace } from '../../src/service/lists.js'
import { signatureOf } from '../../src/soap/authenticate.js'
import { anAddress } from '../support/builders.js'
import type { ImportTraits } from '../support/import-calls.js'
import { projectRoot } from '../support/project.js'
import { callTimestamp, users } from '../support/soap-face.js'

export interface Setup {
  /** Whose signature the placeholders are filled with. */
  readonly as?: Role
  /** Of the request; the signature covers it. */
  readonly timestamp?: string
  readonly contentType?: string
  /** Carried out before the call, in this order. */
  readonly commands?: readonly Command[]
  readonly policy?: Policy
  readonly acceptUnknownFields?: boolean
  /** What is wrong with the server at the time of the call. */
  readonly trouble?: 'queue-full' | 'stopping' | 'defect'
  /** Limits of the server, which earlier calls of this caller have just used up. */
  readonly usedUp?: Partial<CallLimits>
  /** Static lists, made before the commands; the first one has the id 1000001. */
  readonly lists?: readonly { readonly name: string; readonly program: string | null }[]
  readonly workspaces?: readonly Workspace[]
  /** Campaigns, made in this order; the first one has the id 1000001. */
  readonly flows?: readonly NewFlow[]
  /** Carried out to their ends after the commands. */
  readonly imports?: readonly Pick<ImportTraits, 'program' | 'list' | 'header' | 'rows' | 'mode'>[]
}

export interface Sample {
  /** `<folder>/<case>`. */
  readonly name: string
  readonly path: string
  readonly setup: Setup
  /** As it is sent: bytes, for not every client sends UTF-8. */
  readonly request: Uint8Array
  readonly reply: string
  /** Replies of versions that say it differently, by path segment. */
  readonly otherReplies: ReadonlyMap<string, string>
}

const folder = join(projectRoot, 'test/contract/samples')

export function readSamples(): readonly Sample[] {
  return foldersIn(folder).flatMap(group =>
    foldersIn(join(folder, group)).map(name => readSample(`${group}/${name}`, join(folder, group, name))),
  )
}

function foldersIn(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return entries.map(entry => entry.name).sort()
}

function readSample(name: string, path: string): Sample {
  const setup = readSetup(join(path, 'setup.json'))
  const others = readdirSync(path).flatMap(file => /^reply-(\d_\d)\.xml$/.exec(file)?.[1] ?? [])
  return {
    name,
    path,
    setup,
    request: signed(readFileSync(join(path, 'request.xml')), setup),
    reply: existsSync(join(path, 'reply.xml')) ? readFileSync(join(path, 'reply.xml'), 'utf8') : '',
    otherReplies: new Map(others.map(version => [version, readFileSync(join(path, `reply-${version}.xml`), 'utf8')])),
  }
}

// Addresses are texts in the file, and whatever the domain makes of them here.
function readSetup(path: string): Setup {
  if (!existsSync(path)) return {}
  const setup = JSON.parse(readFileSync(path, 'utf8'), (key, value) =>
    key === 'address' && typeof value === 'string' ? anAddress(value) : value,
  )
  const unknown = Object.keys(setup).filter(key => !setupKeys.has(key))
  if (unknown.length > 0) throw new Error(`${path}: there is no ${unknown.join(', ')}; see the README of samples`)
  return setup
}

const setupKeys = new Set<string>([
  'as',
  'timestamp',
  'contentType',
  'commands',
  'policy',
  'acceptUnknownFields',
  'trouble',
  'usedUp',
  'lists',
  'workspaces',
  'flows',
  'imports',
] satisfies (keyof Setup)[])

/** Byte by byte, so that a sample in another charset, or in none, is sent as it lies there. */
function signed(request: Buffer, { as = 'writer', timestamp = callTimestamp }: Setup): Uint8Array {
  const { id, key } = users[as]
  const text = request
    .toString('latin1')
    .replaceAll('{{user}}', id)
    .replaceAll('{{timestamp}}', timestamp)
    .replaceAll('{{signature}}', signatureOf(timestamp, id, key))
  return Buffer.from(text, 'latin1')
}

/** Each tag on a line of its own, so that a difference is a line. Only white space that holds a line feed is layout. */
export function inLines(text: string): string {
  return text
    .trim()
    .replaceAll(/>\s*\n\s*</g, '><')
    .replaceAll('><', '>\n<')
}

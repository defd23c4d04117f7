// Runs the clients that were written in other languages against a server of ours, and holds what they report against
// what they must have been told. It knows the scripts' arguments and their report; it must not know their toolkits.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Test } from 'tap'
import { withDatabase } from '../support/database.js'
import { legacyPath } from '../support/legacy-client.js'
import { projectRoot } from '../support/project.js'
import { account, type ServerChild, startServerChild } from '../support/server-child.js'

/** Starting an interpreter and importing the WSDL takes its time on a busy machine. */
const patienceMs = 60_000

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A client's script: `program` and the script's name in test/fixtures/interop/. */
export type Script = readonly [program: string, name: string]

/** Arguments are the endpoint, the user, the key, and what else is given. */
function run([program, name]: Script, { url }: ServerChild, key: string, ...more: readonly string[]): Promise<Ran> {
  const script = join(projectRoot, 'test/fixtures/interop', name)
  const args = [script, url + legacyPath, account.user, key, ...more]
  return new Promise(resolve => {
    execFile(program, args, { encoding: 'utf8', timeout: patienceMs }, (cause, stdout, stderr) =>
      resolve({ code: cause === null ? 0 : Number(cause.code ?? -1), stdout, stderr }),
    )
  })
}

/** The few lines that a README shows: an opt-out, and what a wrong key gives. */
export async function unsubscribes(t: Test, script: Script): Promise<void> {
  const server = await startServerChild(t, { databaseUrl: (await withDatabase(t, 'sqlite')).url })

  const first = await run(script, server, account.key, 'ada@example.org')
  const again = await run(script, server, account.key, 'Ada@Example.ORG')
  const refused = await run(script, server, 'a wrong key', 'ada@example.org')

  const { body } = await server.client().json('GET', '/v1/addresses/ada@example.org')
  t.match(body, { status: 'unsubscribed', version: 1, actor: account.user, source: 'SOAP API', peopleCount: 1 })
  const [{ id }] = body.people as [{ id: number }]
  t.same(first, { code: 0, stdout: `CREATED ${id}\n`, stderr: '' })
  t.same(again, { code: 0, stdout: `UPDATED ${id}\n`, stderr: '' })
  const stderr = '20014 - Authentication failed: Authentication failed (20014)\n'
  t.same(refused, { code: 1, stdout: '', stderr })
}

/** Everything that legacy clients do with one person after the other, each value compared. */
export async function converses(t: Test, script: Script): Promise<void> {
  const server = await startServerChild(t, { databaseUrl: (await withDatabase(t, 'sqlite')).url })

  const ran = await run(script, server, account.key)

  t.equal(ran.stderr, '')
  t.equal(ran.code, 0)
  const story = JSON.parse(ran.stdout)
  const [zoe, yan] = [story.created.id, story.foreign.id]
  t.ok(Number.isInteger(zoe) && Number.isInteger(yan) && zoe !== yan, 'two people were made, with numbers as ids')
  for (const [step, wanted] of Object.entries(storyOf(zoe, yan))) t.strictSame(story[step], wanted, step)
  t.same(Object.keys(story), Object.keys(storyOf(zoe, yan)), 'and nothing else was told')
  t.same(server.errors(), [])
}

/** What each step must have been answered. Texts are the scripts' own, characters beyond ASCII and XML among them. */
function storyOf(zoe: number, yan: number): Readonly<Record<string, unknown>> {
  const names = { Company: 'Łódź & <Søn> "☂" 😀', FirstName: 'Zoë', LastName: '渡辺' }
  const optedOut = { ...names, Unsubscribed: '1', UnsubscribedReason: 'SOAP API' }
  const zoeWith = (attributes: object) => ({ id: zoe, email: 'zoe@example.org', foreignId: null, attributes })
  const yanMoved = { id: yan, email: 'yan@example.net', foreignId: '00Q1', attributes: {} }
  const one = (lead: object) => ({ count: 1, leads: [lead] })
  const updated = (id: number, lead: object | null = null) => ({ id, status: 'UPDATED', lead })
  const faultcode = 'SOAP-ENV:Client'
  return {
    created: { id: zoe, status: 'CREATED', lead: zoeWith(names) },
    read: one(zoeWith(names)),
    optedOut: updated(zoe),
    afterOptOut: one(zoeWith(optedOut)),
    resubscribed: updated(zoe),
    afterResubscribe: one(zoeWith(names)),
    cookied: updated(zoe),
    byCookie: one(zoeWith(names)),
    foreign: { id: yan, status: 'CREATED', lead: null },
    moved: updated(yan, yanMoved),
    byForeignId: one(yanMoved),
    unknown: {
      faultcode,
      faultstring: '20103 - Lead not found',
      code: '20103',
      message: 'No lead found with EMAIL = nobody@example.org (20103)',
    },
    wronglySigned: {
      faultcode,
      faultstring: '20014 - Authentication failed',
      code: '20014',
      message: 'Authentication failed (20014)',
    },
  }
}

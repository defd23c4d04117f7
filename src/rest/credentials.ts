// Who may call, for admins: SOAP users and API keys. A secret leaves once, in the reply that makes it, and is in no
// other reply, no log and no kept answer.

import { z } from 'zod'
import { apiKeyExpected, type Credential, type CredentialKind, isApiKey } from '../service/access/credentials.js'
import type { Service } from '../service/service.js'
import { statedText } from './input.js'
import { conflict, invalid, notFound, type Problem } from './problem.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'

const idLengthMax = 255
// What fits into a sealed column.
const secretLengthMax = 200
const overlapSecondsMax = 30 * 24 * 3600
const overlapSecondsDefault = 24 * 3600

const kind = z.enum(['soap', 'api']).describe('soap: a user id and its encryption key; api: a key of this face.')
const role = z.enum(['reader', 'writer', 'admin'])

const facts = {
  id: z.string().describe('The SOAP user id, or the name of the API key. It is the actor in histories.'),
  kind,
  role,
  createdAt: timestamp,
  revokedAt: timestamp.nullable(),
  previousUntil: timestamp.nullable().describe('Until when the secret before the last rotation works as well.'),
}
const credentialResource = z.object(facts).meta({ id: 'Credential' })
const madeCredential = z
  .object({ ...facts, secret: z.string().describe('The encryption key or the API key. It is shown this once.') })
  .meta({ id: 'CredentialWithSecret' })

const secret = z.string().min(1).max(secretLengthMax).optional()

const newCredential = z
  .strictObject({
    kind,
    id: statedText(idLengthMax),
    role: role.default('writer'),
    secret: secret.describe('The secret to use, such as the encryption key that a legacy client has; drawn otherwise.'),
  })
  .meta({ id: 'NewCredential' })

const rotation = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(overlapSecondsMax)
      .default(overlapSecondsDefault)
      .describe('How long the present secret goes on working. 0: not at all, within seconds.'),
    secret: secret.describe('The secret to use; drawn where absent.'),
  })
  .meta({ id: 'Rotation' })

const params = z.strictObject({ id: z.string().max(idLengthMax).describe('The id of a credential.') })
const missing = { 404: 'There is no active credential with this id.' }

export function credentialRoutes({ credentials }: Pick<Service, 'credentials'>): GuardedRoute[] {
  const found = async (id: string): Promise<Credential> => {
    const credential = (await credentials.list()).find(item => item.id === id)
    if (credential === undefined) throw unknown(id)
    return credential
  }
  return [
    route({
      method: 'GET',
      path: '/v1/credentials',
      operationId: 'listCredentials',
      tag: 'Credentials',
      summary: 'All credentials, without their secrets',
      role: 'admin',
      replies: { 200: z.object({ credentials: z.array(credentialResource) }) },
      examples: [{ title: 'All', status: 200 }],
      async handle() {
        const value = { credentials: (await credentials.list()).map(present) }
        return { status: 200, content: { type: 'json', value } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/credentials',
      operationId: 'addCredential',
      tag: 'Credentials',
      summary: 'Make a SOAP user or an API key; its secret is shown this once',
      role: 'admin',
      // A kept answer would hold the secret. Making it twice is refused by its id.
      takesKey: false,
      body: newCredential,
      replies: { 201: madeCredential },
      problems: { 409: 'There is an active credential with this id, or another one with this API key.' },
      examples: [
        { title: 'An API key', body: { kind: 'api', id: 'preference centre', role: 'writer' }, status: 201 },
        {
          title: 'The pair that a legacy client has',
          body: { kind: 'soap', id: 'bigcorp_1', secret: '0123456789abcdef0123456789abcdef' },
          status: 201,
        },
      ],
      async handle({ body: { kind, id, role, secret } }) {
        refuseUnusable(kind, secret)
        const made =
          kind === 'soap' ? await credentials.addSoap(id, role, secret) : await credentials.addApi(id, role, secret)
        if (made === undefined) throw taken('there is an active credential with this id, or this API key')
        return { status: 201, content: { type: 'json', value: { ...present(await found(id)), secret: made } } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/credentials/:id/rotations',
      operationId: 'rotateCredential',
      tag: 'Credentials',
      summary: 'Give a credential another secret; the present one goes on working for a while',
      description: 'The secret before the present one, if it still worked, ends at once.',
      role: 'admin',
      takesKey: false,
      params,
      body: rotation,
      replies: { 200: madeCredential },
      problems: { ...missing, 409: 'The secret is in use, or somebody else rotated it at this moment.' },
      examples: [
        { title: 'With a day to change over', params: { id: 'the writer' }, body: {}, status: 200 },
        { title: 'It leaked', params: { id: 'the writer' }, body: { overlapSeconds: 0 }, status: 200 },
      ],
      async handle({ params: { id }, body: { overlapSeconds, secret } }) {
        refuseUnusable((await found(id)).kind, secret)
        const rotated = await credentials.rotate(id, { overlapMs: overlapSeconds * 1_000, secret })
        switch (rotated.type) {
          case 'unknown':
            throw unknown(id)
          case 'taken':
            throw taken('the secret is in use, or somebody else rotated the credential at this moment')
          case 'rotated': {
            const value = { ...present(await found(id)), secret: rotated.secret }
            return { status: 200, content: { type: 'json', value } }
          }
          default:
            return rotated satisfies never
        }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/credentials/:id',
      operationId: 'revokeCredential',
      tag: 'Credentials',
      summary: 'Stop a credential from working, on every server within seconds',
      description: 'Its id stays in histories, and can be added again. A key cannot revoke itself.',
      role: 'admin',
      takesKey: false,
      params,
      replies: { 204: null },
      problems: { ...missing, 409: 'It is the key of this very request.' },
      examples: [{ title: 'A key that is no longer needed', params: { id: 'the reader' }, status: 204 }],
      async handle({ params: { id }, caller }) {
        // So one admin key is always left that can make others.
        if (id === caller.id) {
          throw conflict('own-credential', 'a key cannot revoke itself: use another one, or the command line')
        }
        if (!(await credentials.revoke(id))) throw unknown(id)
        return { status: 204, content: { type: 'none' } }
      },
    }),
  ]
}

function refuseUnusable(kind: CredentialKind, secret: string | undefined): void {
  if (kind === 'soap' || secret === undefined || isApiKey(secret)) return
  throw invalid([{ path: 'body.secret', message: `${apiKeyExpected} for an API key` }])
}

const unknown = (id: string): Problem => notFound(`there is no active credential '${id}'`)
const taken = (detail: string): Problem => conflict('credential-exists', detail)

function present({ id, kind, role, createdAt, revokedAt, previous }: Credential): z.input<typeof credentialResource> {
  return {
    ...{ id, kind, role },
    createdAt: timeText(createdAt),
    revokedAt: revokedAt === null ? null : timeText(revokedAt),
    previousUntil: previous === null ? null : timeText(previous.until),
  }
}

// People one by one: read, changed, merged and deleted. What is decided about them is decided by the same commands as
// on the legacy face.

import { z } from 'zod'
import type { MergePeople, SavePerson } from '../domain/command.js'
import { type PersonId, personIdMax } from '../domain/person.js'
import type { PersonView } from '../service/ports.js'
import { causeOf, type Face, type Service } from '../service/service.js'
import { personPrecondition, personTag } from './conditional.js'
import { type Decided, replayHeaders, withoutKeyTrouble } from './idempotency.js'
import { reasonLengthMax, statedText } from './input.js'
import { fieldNamesIn, fieldsIn, personChange, readSaid, stated } from './person-record.js'
import { personResource, presentPeople } from './person-resource.js'
import { type Finding, invalid, notFound } from './problem.js'
import { refusal } from './refusal.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { personIdInUrl } from './url.js'

/** As on the legacy face. */
const losersMax = 25

const merge = z
  .strictObject({
    losers: z
      .array(z.int().min(1).max(personIdMax))
      .min(1)
      .max(losersMax)
      .describe('Ids of those who go into the person and are gone; asked in this order for what the person lacks.'),
    reason: statedText(reasonLengthMax).optional(),
  })
  .meta({ id: 'Merge' })

const adaInExamples = { id: '1000000001' }
const problems = { 404: 'There is no person with this id.' }

export function personRoutes(
  { reads, writes, fields }: Pick<Service, 'reads' | 'writes' | 'fields'>,
  face: Face,
): GuardedRoute[] {
  const params = z.strictObject({ id: personIdInUrl })

  async function shown(id: PersonId, headers: Reply['headers'] = {}): Promise<Reply> {
    const [view] = await reads.peopleByIds([id])
    if (view === undefined) throw nobody(id)
    const [value] = await presentPeople([view], fields)
    return { status: 200, headers: { ...headers, ETag: tagOf(view) }, content: { type: 'json', value } }
  }

  return [
    route({
      method: 'GET',
      path: '/v1/people/:id',
      operationId: 'getPerson',
      tag: 'People',
      summary: 'A person',
      role: 'reader',
      isVersioned: true,
      params,
      replies: { 200: personResource },
      problems,
      examples: [{ title: 'Ada', params: adaInExamples, status: 200 }],
      handle: ({ params: { id } }) => shown(id),
    }),
    route({
      method: 'PATCH',
      path: '/v1/people/:id',
      operationId: 'changePerson',
      tag: 'People',
      summary: 'Change a person',
      description:
        'What is not mentioned stays, and null clears. Where the person has an address, unsubscribed is the status ' +
        'of that address, for everybody who has it; a new address comes first, so that the flag meets it (R4).',
      role: 'writer',
      isVersioned: true,
      params,
      body: personChange,
      replies: { 200: personResource },
      problems,
      examples: [
        { title: 'A new name', params: adaInExamples, body: { fields: { lastName: 'Byron' } }, status: 200 },
        { title: 'An opt-out', params: adaInExamples, body: { unsubscribed: true, reason: 'by phone' }, status: 200 },
        {
          title: 'A re-subscribe',
          params: adaInExamples,
          body: { unsubscribed: false, reason: 'asked-by-phone', evidence: 'ticket 4711' },
          as: 'admin',
          status: 200,
        },
      ],
      async furtherFindings(json) {
        const given = fieldsIn(json)
        await fields.unknownAmong(fieldNamesIn([given]))
        const findings: Finding[] = []
        readSaid(given, fields.dictionary, 'body', findings)
        return findings
      },
      async handle({ params: { id }, body, caller, headers, replay }) {
        const expected = personPrecondition(headers['if-match'])
        await fields.unknownAmong(fieldNamesIn([body]))
        const findings: Finding[] = []
        const said = readSaid({ ...body, id }, fields.dictionary, 'body', findings)
        if (findings.length > 0) throw invalid(findings)
        const command: SavePerson = {
          type: 'save-person',
          ...said,
          mode: 'update',
          ...(expected === undefined ? {} : { expected }),
        }
        const submission = { command, cause: causeOf(caller, face, stated(body)), policy: face.policy, replay }
        const answer = withoutKeyTrouble(await writes.submit(submission))
        if (answer.type !== 'rejected') return shown(id, replayHeaders(answer))
        throw answer.rejection.type === 'person-not-found' ? nobody(id) : refusal(answer.rejection, caller, 'body')
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/people/:id',
      operationId: 'deletePerson',
      tag: 'People',
      summary: 'Delete a person; the status of its address stays',
      role: 'writer',
      isVersioned: true,
      params,
      replies: { 204: null },
      problems,
      examples: [{ title: 'Ada', params: adaInExamples, status: 204 }],
      async handle({ params: { id }, caller, headers, replay }) {
        const expected = personPrecondition(headers['if-match'])
        const command = { type: 'delete-person', id, ...(expected === undefined ? {} : { expected }) } as const
        const submission = { command, cause: causeOf(caller, face), policy: face.policy, replay }
        const answer = withoutKeyTrouble(await writes.submit(submission))
        if (answer.type !== 'rejected') {
          return { status: 204, headers: replayHeaders(answer), content: { type: 'none' } }
        }
        throw answer.rejection.type === 'person-not-found' ? nobody(id) : refusal(answer.rejection, caller, 'body')
      },
    }),
    route({
      method: 'POST',
      path: '/v1/people/:id/merge',
      operationId: 'mergePeople',
      tag: 'People',
      summary: 'Merge others into a person',
      description:
        'What the person says stands; what it lacks is taken from the others. It shows the status of its own ' +
        'address, every address keeps its own, and no merge re-subscribes anybody (R9). It cannot be undone.',
      role: 'writer',
      params,
      body: merge,
      replies: { 200: personResource },
      problems,
      examples: [{ title: 'Bob into Ada', params: adaInExamples, body: { losers: [1_000_000_002] }, status: 200 }],
      async handle({ params: { id: winner }, body, caller, replay }) {
        const { losers } = body
        const findings = losers.flatMap((loser, index): Finding[] => {
          const path = `body.losers.${index}`
          if (loser === winner) return [{ path, message: 'is the person that stays' }]
          return losers.indexOf(loser) < index ? [{ path, message: 'is named twice' }] : []
        })
        if (findings.length > 0) throw invalid(findings)
        const command: MergePeople = { type: 'merge-people', winner, losers }
        const submission = { command, cause: causeOf(caller, face, stated(body)), policy: face.policy, replay }
        const answer = withoutKeyTrouble(await writes.submit(submission))
        if (answer.type !== 'rejected') return shown(winner, replayHeaders(answer))
        throw mergeRefusal(answer, command) ?? refusal(answer.rejection, caller, 'body')
      },
    }),
  ]
}

// One who merges must hear which of them is not there: the one in the path, or one in the body.
function mergeRefusal(answer: Decided & { type: 'rejected' }, { winner, losers }: MergePeople): Error | undefined {
  if (answer.rejection.type !== 'person-not-found') return undefined
  const id = Number(answer.rejection.value)
  if (id === winner) return nobody(id)
  const path = `body.losers.${losers.indexOf(id)}`
  return invalid([{ path, message: `there is no person with the id ${id}` }])
}

function tagOf({ person: { updatedAt }, status }: PersonView): string {
  return personTag({ updatedAt, statusVersion: status?.version ?? 0 })
}

const nobody = (id: PersonId): Error => notFound(`there is no person with the id ${id}`)

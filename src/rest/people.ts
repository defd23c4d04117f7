// People as this face shows them, and their deletion. The flag is the status of the person's address, read through it;
// only a person without an address shows one of its own (R5).

import { z } from 'zod'
import type { PersonId } from '../domain/person.js'
import { causeOf, type Face, type Service } from '../service/service.js'
import { replayHeaders, withoutKeyTrouble } from './idempotency.js'
import { personResource, presentPeople } from './person-resource.js'
import { notFound } from './problem.js'
import { type GuardedRoute, route } from './route.js'
import { personIdInUrl } from './url.js'

export function personRoutes(
  { reads, writes, fields }: Pick<Service, 'reads' | 'writes' | 'fields'>,
  face: Face,
): GuardedRoute[] {
  const params = z.strictObject({ id: personIdInUrl })
  return [
    route({
      method: 'GET',
      path: '/v1/people/:id',
      operationId: 'getPerson',
      tag: 'People',
      summary: 'A person',
      role: 'reader',
      params,
      replies: { 200: personResource },
      problems: { 404: 'There is no person with this id.' },
      examples: [{ title: 'Ada', params: { id: '1000000001' }, status: 200 }],
      async handle({ params: { id } }) {
        const [view] = await reads.peopleByIds([id])
        if (view === undefined) throw nobody(id)
        const [value] = await presentPeople([view], fields)
        return { status: 200, content: { type: 'json', value } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/people/:id',
      operationId: 'deletePerson',
      tag: 'People',
      summary: 'Delete a person; the status of its address stays',
      role: 'writer',
      params,
      replies: { 204: null },
      problems: { 404: 'There is no person with this id.' },
      examples: [{ title: 'Ada', params: { id: '1000000001' }, status: 204 }],
      async handle({ params: { id }, caller, replay }) {
        const cause = causeOf(caller, face)
        const command = { type: 'delete-person', id } as const
        const answer = withoutKeyTrouble(await writes.submit({ command, cause, policy: face.policy, replay }))
        if (answer.type !== 'rejected')
          return { status: 204, headers: replayHeaders(answer), content: { type: 'none' } }
        if (answer.rejection.type === 'person-not-found') throw nobody(id)
        throw new Error(`delete-person was rejected as ${answer.rejection.type}`)
      },
    }),
  ]
}

const nobody = (id: PersonId): Error => notFound(`there is no person with the id ${id}`)

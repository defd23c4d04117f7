// What a rejection by the rules is to a caller of this face: which status, which word, and which part of the request
// it is about. It knows rejections, not routes.

import type { Rejection } from '../domain/command.js'
import type { Caller } from '../service/access/credentials.js'
import { entityTag, personTag, versionMoved } from './conditional.js'
import { invalid, Problem } from './problem.js'
import { resubscribeRefused } from './refusals.js'

/** `at`: the part of the request that the command was read from, such as `body` or `body.people.7`. */
export function refusal(rejection: Rejection, caller: Caller, at: string): Problem {
  switch (rejection.type) {
    case 'identity-required':
      return invalid([{ path: at, message: 'expected id, foreignId or email, to know who is meant' }])
    case 'person-not-found': {
      const { by, value } = rejection
      const path = `${at}.${{ id: 'id', 'foreign-id': 'foreignId', cookie: 'cookie', address: 'email' }[by]}`
      const detail = `there is no person with the ${by} ${value}`
      return new Problem({ ...notThere, detail, findings: [{ path, message: detail }] })
    }
    case 'several-people': {
      const many = rejection.count === null ? 'very many' : String(rejection.count)
      const detail =
        `${many} people have the address ${rejection.address}: name the one by id or foreignId, or set the ` +
        'subscription of the address, which is that of them all'
      const findings = [{ path: `${at}.email`, message: detail }]
      return new Problem({ status: 409, name: 'several-people', title: 'Several people', detail, findings })
    }
    case 'resubscribe-refused':
      return resubscribeRefused(rejection, caller, at)
    case 'version-moved': {
      const { expected, actual } = rejection
      const detail = `If-Match: expected version ${expected}, the address is at version ${actual}`
      return versionMoved(detail, entityTag(actual))
    }
    case 'person-moved':
      return versionMoved('If-Match: the person has changed since it had this tag', personTag(rejection.actual))
    // Nothing on this face names a partition, and a merge without losers is no request.
    case 'other-partition':
      return invalid([{ path: at, message: `the person is in the partition ${rejection.partition}` }])
    case 'nothing-to-merge':
      return invalid([{ path: `${at}.losers`, message: 'expected people other than the one that stays' }])
    default:
      return rejection satisfies never
  }
}

const notThere = { status: 404, name: 'not-found', title: 'Not found' } as const

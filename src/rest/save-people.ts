// Many people at once: each record is a command of its own with an outcome of its own, all of them handed over in one
// go. A record that cannot be saved never harms the others.

import { z } from 'zod'
import type { Outcome, SavePerson, Warning } from '../domain/command.js'
import type { Caller } from '../service/access/credentials.js'
import { causeOf, type Face, type Service } from '../service/service.js'
import { type Answer, partReplay, type Submission } from '../service/writes/submission.js'
import { withoutKeyTrouble } from './idempotency.js'
import { evidenceLengthMax, findingsOf, onItsOwn, reasonLengthMax, statedText } from './input.js'
import { fieldNamesIn, fieldsIn, personRecord, readSaid, stated } from './person-record.js'
import { type Finding, invalid, type ProblemFacts, problemOf } from './problem.js'
import { refusal } from './refusal.js'
import { type GuardedRoute, route } from './route.js'

export const recordsMax = 1_000

const recordsToSave = z
  .strictObject({
    mode: z
      .enum(['upsert', 'update', 'duplicate'])
      .default('upsert')
      .describe('update: nobody is made. duplicate: somebody is made always.'),
    reason: statedText(reasonLengthMax).optional().describe('For the records that state none.'),
    evidence: statedText(evidenceLengthMax).optional().describe('For the records that state none.'),
    people: z.array(onItsOwn(personRecord)).min(1).max(recordsMax),
  })
  .meta({ id: 'RecordsToSave' })

const warning = z.object({ type: z.string(), message: z.string() })
const finding = z.object({ path: z.string(), message: z.string() })
const saved = { id: z.int(), warnings: z.array(warning) }
export const saveResult = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('created'), ...saved }),
    z.object({ status: z.literal('updated'), ...saved }),
    z.object({
      status: z.literal('rejected'),
      problem: z.string().describe('A word for what was wrong, as in the type of a problem document.'),
      detail: z.string(),
      errors: z.array(finding),
    }),
  ])
  .meta({ id: 'SaveResult' })

type SaveResult = z.input<typeof saveResult>

const savedPeople = z.object({
  results: z.array(saveResult).describe('One for each record, in their order.'),
  created: z.int(),
  updated: z.int(),
  rejected: z.int(),
})

export function savePeopleRoute({ writes, fields }: Pick<Service, 'writes' | 'fields'>, face: Face): GuardedRoute {
  return route({
    method: 'POST',
    path: '/v1/people',
    operationId: 'savePeople',
    tag: 'People',
    summary: `Create or update up to ${recordsMax} people`,
    description:
      'The first of id, foreignId and email that a record gives says who is meant; an email beside another one is ' +
      'the new address. An email that several people have names none of them. Records are carried out in their ' +
      'order; the answer is 200 whatever became of each. Somebody who is made never re-subscribes an address (R8).',
    role: 'writer',
    body: recordsToSave,
    replies: { 200: savedPeople },
    examples: [
      {
        title: 'A new person and a change',
        body: {
          people: [
            { email: 'carl@example.org', fields: { firstName: 'Carl' } },
            { id: 1_000_000_001, unsubscribed: true, reason: 'by phone' },
          ],
        },
        status: 200,
      },
      {
        title: 'By the id of another system',
        body: { people: [{ foreignId: { system: 'SFDC', id: '0035g00001X2y3z' }, email: 'dora@example.org' }] },
        status: 200,
      },
    ],
    async handle({ body, caller, replay }) {
      const named = body.people.map(record => (record.type === 'read' ? record.value : fieldsIn(record.given)))
      await fields.unknownAmong(fieldNamesIn(named))
      const results: (SaveResult | undefined)[] = []
      const submissions: Submission[] = []
      const places: number[] = []
      for (const [place, record] of body.people.entries()) {
        const at = pathOf(place)
        const findings: Finding[] = record.type === 'wrong' ? record.issues.flatMap(issue => findingsOf(at, issue)) : []
        if (record.type === 'wrong') readSaid(fieldsIn(record.given), fields.dictionary, at, findings)
        if (record.type === 'read') {
          const said = readSaid(record.value, fields.dictionary, at, findings)
          const command: SavePerson = { type: 'save-person', ...said, mode: body.mode, whenSeveral: 'refuse' }
          const cause = causeOf(caller, face, { ...stated(body), ...stated(record.value) })
          if (findings.length === 0) {
            submissions.push({ command, cause, policy: face.policy, replay: partReplay(replay, place) })
            places.push(place)
          }
        }
        results.push(findings.length === 0 ? undefined : rejected(invalid(findings).facts))
      }
      const answers = submissions.length === 0 ? [] : await writes.submitAll(submissions)
      refuseAsWhole(answers)
      answers.forEach((answer, index) => {
        const place = places[index]!
        results[place] = resultOf(answer, caller, pathOf(place))
      })
      const count = (status: SaveResult['status']): number => results.filter(result => result?.status === status).length
      const value = {
        results,
        created: count('created'),
        updated: count('updated'),
        rejected: count('rejected'),
      }
      const isRepeat = answers.some(answer => !(answer instanceof Error) && answer.type === 'replayed')
      const headers: Record<string, string> = isRepeat ? { 'Idempotent-Replayed': 'true' } : {}
      return { status: 200, headers, content: { type: 'json', value } }
    },
  })
}

const pathOf = (place: number): string => `body.people.${place}`

// A name that belongs to another request stops all of it, and so does a store of which nothing got an answer: then the
// caller is told to come again, with all of it.
function refuseAsWhole(answers: readonly (Answer | Error)[]): void {
  for (const answer of answers) if (!(answer instanceof Error)) withoutKeyTrouble(answer)
  const [first] = answers
  if (first instanceof Error && answers.every(answer => answer instanceof Error)) throw first
}

function resultOf(given: Answer | Error, caller: Caller, at: string): SaveResult {
  if (given instanceof Error) return rejected(problemOf(given))
  const answer = withoutKeyTrouble(given)
  if (answer.type === 'rejected') return rejected(refusal(answer.rejection, caller, at).facts)
  return presentOutcome(answer.outcome)
}

function presentOutcome(outcome: Outcome): SaveResult {
  if (outcome.type !== 'created' && outcome.type !== 'updated') {
    throw new Error(`save-person was answered with ${outcome.type}`)
  }
  return { status: outcome.type, id: outcome.personId, warnings: outcome.warnings.map(presentWarning) }
}

function presentWarning({ type }: Warning): z.input<typeof warning> {
  const messages = {
    'opt-out-stands': 'the address has opted out, so the person is unsubscribed; a new person never changes that',
    'read-only-field': 'a field that callers cannot set was left as it is',
    'flag-ignored': 'unsubscribed was left as it is',
  }
  return { type, message: messages[type] }
}

function rejected({ name, detail, findings = [] }: ProblemFacts): SaveResult {
  return { status: 'rejected', problem: name, detail, errors: findings.map(({ path, message }) => ({ path, message })) }
}

// Sends a sample to the endpoint over the memory store, and puts the reply into the form that files have. It knows what
// differs from run to run; whether a reply is right is the test's.
import { CallLimiter } from '../../src/service/access/call-limits.js'
import { aSubmission } from '../support/builders.js'
import { imported } from '../support/import-calls.js'
import { aSoapFace, callTime, readReply, type SoapFace, theContracts, users } from '../support/soap-face.js'
import { inLines, type Sample, type Setup } from './sample-folders.js'

export interface SampleReply {
  readonly text: string
  readonly body: string
  readonly operation: string | null
  /** Its code and its text, which together say its kind. Undefined where it is none. */
  readonly fault: string | undefined
}

export async function send({ setup, request }: Sample, version: string): Promise<SampleReply> {
  const firstDay = today()
  const face = await prepared(setup)
  const { contentType = 'text/xml; charset=utf-8' } = setup
  const answered = await face.endpoint.answer((await theContracts()).get(version)!, {
    body: request,
    contentType,
    requestId: 'request-1',
  })
  const { body } = answered
  const text = inFileForm(body, request, [firstDay, today()])
  const { fault } = readReply(answered)
  if (setup.trouble !== 'defect' && face.defects.length > 0) throw face.defects[0]
  if ((answered.status === 500) !== (fault !== null)) throw new Error(`a ${answered.status} with ${body}`)
  return {
    text,
    body,
    operation: answered.operation,
    fault: fault === null ? undefined : `${/(\w+)<\/(?:\S+:)?(?:faultcode|Value)>/.exec(body)?.[1]} ${fault.string}`,
  }
}

async function prepared(setup: Setup): Promise<SoapFace> {
  const { commands = [], policy, acceptUnknownFields, trouble } = setup
  const face = await aSoapFace({
    limiter: usedUp(setup),
    ...(policy === undefined ? {} : { policy }),
    ...(acceptUnknownFields === undefined ? {} : { acceptUnknownFields }),
    ...(trouble === 'queue-full' ? { limits: { queueMax: 0 } } : {}),
  })
  for (const { name, program } of setup.lists ?? []) await face.store.addList(name, program)
  for (const workspace of setup.workspaces ?? []) await face.store.addWorkspace(workspace)
  for (const flow of setup.flows ?? []) await face.store.addFlow(flow)
  for (const command of commands) {
    const answer = await face.writes.submit(aSubmission({ command }))
    if (answer.type !== 'carried-out') throw new Error(`setup.json: ${command.type} was ${JSON.stringify(answer)}`)
  }
  for (const traits of setup.imports ?? []) await imported(face, traits)
  if (trouble === 'stopping') await face.writes.drain()
  if (trouble === 'defect') face.store.failNext({ at: 'before-commit', error: new Error('a defect that was planted') })
  return face
}

function usedUp({ as = 'writer', usedUp = {} }: Setup): CallLimiter {
  const limiter = new CallLimiter({ rate: null, concurrency: null, daily: null, ...usedUp }, () => callTime)
  for (let calls = 0; calls < Math.max(0, ...Object.values(usedUp).map(Number)); calls++) limiter.admit(users[as].id)
  return limiter
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/** A reply as it stands in a file: laid out in lines, and without what differs from run to run. */
export function inFileForm(reply: string, request: Uint8Array, days: readonly string[]): string {
  const sent = Buffer.from(request).toString('latin1')
  const ids = new Map<string, string>()
  let text = reply.replaceAll(/\b1\d{9}\b/g, id => {
    if (!ids.has(id)) ids.set(id, `{{id ${ids.size + 1}}}`)
    return ids.get(id)!
  })
  // A whole value only: what a sentence gives as an example is the same each time.
  const unlessSent = (found: string, instead: string): string => (sent.includes(found) ? found : instead)
  text = text.replaceAll(/(?<=>)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z)?(?=<)/g, time =>
    unlessSent(time, '{{time}}'),
  )
  for (const day of days) text = text.replaceAll(`>${day}<`, () => `>${unlessSent(day, '{{day}}')}<`)
  return inLines(text)
}

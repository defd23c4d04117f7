// What the command line does about traces of callers. Prints plain lines for people, and sets the exit code.

import { userInfo } from 'node:os'
import type { Config } from '../config.js'
import type { Opened } from '../opening.js'
import { OperatorError } from '../operator-error.js'
import { Traces, traceCallsMax, traceMinutesMax, tracesMax } from '../service/traces/traces.js'
import { transcriptOf } from '../service/traces/transcript.js'
import { print, refuse, withStore } from './store-work.js'

export async function startTrace(
  config: Config,
  caller: string,
  { minutes, calls }: { readonly minutes: number; readonly calls: number },
): Promise<void> {
  if (minutes > traceMinutesMax) throw new OperatorError(`--minutes: expected ${traceMinutesMax} at most`)
  if (calls > traceCallsMax) throw new OperatorError(`--calls: expected ${traceCallsMax} at most`)
  return withStore(config, async opened => {
    const known = (await opened.credentials.list()).find(({ id }) => id === caller)
    if (known === undefined || known.revokedAt !== null || known.kind !== 'soap')
      return refuse(`there is no active SOAP credential '${caller}'; \`credentials list\` shows all`)
    const by = `command line (${userInfo().username})`.slice(0, 255)
    const started = await tracesOf(opened).start(caller, { minutes, calls, by })
    if (started.type === 'too-many') return refuse(`${tracesMax} callers are traced already: end one of those first`)
    const until = new Date(started.trace.until).toISOString()
    print(`the newest ${calls} calls of ${caller} are kept until ${until}; every server begins within seconds`)
  })
}

export function endTrace(config: Config, caller: string): Promise<void> {
  return withStore(config, async opened => {
    const traces = tracesOf(opened)
    const trace = (await traces.list()).find(each => each.caller === caller)
    if (trace === undefined) return refuse(`there is no trace of '${caller}'`)
    await traces.start(caller, { minutes: 0, calls: trace.callsMax, by: trace.startedBy })
    print(`ended; ${trace.callsKept} calls are kept`)
  })
}

export function deleteTrace(config: Config, caller: string): Promise<void> {
  return withStore(config, async opened => {
    if (await tracesOf(opened).drop(caller)) print('deleted, with what it had kept')
    else refuse(`there is no trace of '${caller}'`)
  })
}

export function listTraces(config: Config): Promise<void> {
  return withStore(config, async opened => {
    for (const { caller, until, callsMax, callsKept, startedBy } of await tracesOf(opened).list()) {
      const state = until > Date.now() ? 'until' : 'ended'
      print(`${caller}  ${callsKept} of ${callsMax} kept, ${state} ${new Date(until).toISOString()}, by ${startedBy}`)
    }
  })
}

const listedMax = 1_000

/** One call, or a line for each. */
export function showTrace(config: Config, caller: string, id: number | null): Promise<void> {
  return withStore(config, async opened => {
    const traces = tracesOf(opened)
    if (id !== null) {
      const call = await traces.call(caller, id)
      if (call === undefined) refuse(`no call ${id} of '${caller}' is kept`)
      else print(transcriptOf(caller, call))
      return
    }
    const calls = await traces.calls(caller, { before: null, limit: listedMax })
    if (calls.length === 0) refuse(`no call of '${caller}' is kept`)
    for (const { id, at, operation, status, fault, ms, isProven } of calls) {
      const outcome = fault === null ? String(status) : `${status} ${fault}`
      const doubt = isProven ? '' : '  (not proven)'
      print(`${id}  ${new Date(at).toISOString()}  ${operation ?? '-'}  ${outcome}  ${ms.toFixed(1)} ms${doubt}`)
    }
  })
}

// A process of its own, in which nobody calls: what it cannot read it says.
function tracesOf({ store }: Opened): Traces {
  const onTrouble = (cause: unknown): never => {
    throw cause
  }
  return new Traces({ store, now: Date.now, onTrouble })
}

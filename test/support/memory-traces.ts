// Traces and the calls that they kept, in memory.
import type { KeptCall, Trace, TraceStore } from '../../src/service/traces/traces.js'

export function memoryTraces(): TraceStore {
  const traces = new Map<string, Trace>()
  let kept: (KeptCall & { readonly caller: string })[] = []
  let nextId = 1
  const of = (caller: string) => kept.filter(call => call.caller === caller).reverse()
  return {
    async putTrace(trace) {
      traces.set(trace.caller, trace)
    },
    async traces() {
      return [...traces.values()].map(trace => ({ ...trace, callsKept: of(trace.caller).length }))
    },
    async dropTrace(caller) {
      kept = kept.filter(call => call.caller !== caller)
      return traces.delete(caller)
    },
    async addTracedCalls(caller, calls, bounds) {
      if (!traces.has(caller)) return
      kept.push(...calls.map(call => ({ ...call, caller, id: nextId++ })))
      for (const isProven of [true, false]) {
        let sum = 0
        const tooMuch = of(caller)
          .filter(call => call.isProven === isProven)
          .filter(({ id, caller, ...call }, index) => {
            sum += JSON.stringify(call).length
            return index >= bounds.calls || sum > bounds.characters
          })
        kept = kept.filter(call => !tooMuch.includes(call))
      }
    },
    async tracedCalls(caller, { before, limit }) {
      const found = of(caller).filter(({ id }) => before === null || id < before)
      return found.slice(0, limit).map(({ caller, ...call }) => call)
    },
    async tracedCall(caller, id) {
      const found = of(caller).find(call => call.id === id)
      if (found === undefined) return undefined
      const { caller: _, ...call } = found
      return call
    },
    async forgetTraces(before, limit) {
      for (const trace of traces.values()) if (trace.until < before) traces.delete(trace.caller)
      const old = kept.filter(({ at }) => at < before).slice(0, limit)
      kept = kept.filter(call => !old.includes(call))
    },
  }
}

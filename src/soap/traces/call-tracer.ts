// Hands the calls of traced callers on to be kept. Knows how to tell whose call it is, also where nobody could read it;
// must not know how long anything is kept.

import type { AddressKey } from '../../domain/address.js'
import type { Traces } from '../../service/traces/traces.js'
import type { CallTracer } from '../endpoint.js'
import { traceOf } from './trace-call.js'

export function createCallTracer(
  traces: Pick<Traces, 'isOn' | 'wants' | 'namedBy' | 'keep'>,
  hashAddress: (key: AddressKey) => string,
): CallTracer {
  return {
    get isOn() {
      return traces.isOn
    },
    answered({ words }, call) {
      const { body } = call
      // A message that broke before its header was read, or has none, may still hold the id somewhere.
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      const caller = call.caller || traces.namedBy(id => (call.text ?? bytes).includes(id))
      if (caller === undefined || !traces.wants(caller)) return
      traces.keep(caller, () => traceOf({ ...call, caller }, words, hashAddress))
    },
  }
}

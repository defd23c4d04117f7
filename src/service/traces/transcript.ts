// A traced call as somebody reads it: the request, the reply, and what is known of both. Knows the form alone.

import type { KeptCall, TracedPart } from './traces.js'

export function transcriptOf(caller: string, call: KeptCall): string {
  const { id, at, requestId, isProven, target, operation, status, fault, ms, request, reply } = call
  const named = isProven ? caller : `${caller} (it says so; it was not proven)`
  const facts = [
    `call ${id} of ${named}`,
    `at ${new Date(at).toISOString()}, request id ${requestId}`,
    `${operation ?? 'no operation'}: ${status}${fault === null ? '' : `, ${fault}`}, ${ms.toFixed(1)} ms`,
  ]
  return [...facts, '', `>>> ${target}`, ...partLines(request), '', `<<< ${status}`, ...partLines(reply), ''].join('\n')
}

const partLines = ({ headers, bytes, text }: TracedPart): string[] => [
  ...headers.map(([name, value]) => `${name}: ${value}`),
  `(${bytes} bytes)`,
  '',
  text.replace(/\n+$/, ''),
]

// How many records a caller wants at once. Knows the forms that mean "as many as usual"; must not know of what.

import { type Answered, faulted, faultKinds } from '../faults.js'

/** What is given where a caller does not say: the safe reading of documents that contradict themselves. */
export const batchSizeDefault = 100

/**
 * More than the limit is the limit, as documented. Zero is not given: clients that cannot leave an integer out send it.
 */
export function readBatchSize(given: number | undefined, max: number): Answered<number> {
  if (given !== undefined && given < 0) {
    return faulted(faultKinds.inputError, `batchSize: expected a number from 1 to ${max}, got ${given}`)
  }
  return { type: 'result', result: Math.min(given || batchSizeDefault, max) }
}

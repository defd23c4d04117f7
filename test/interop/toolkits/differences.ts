// Compares what a toolkit read with what must be there, by values. It knows where toolkits differ without being wrong:
// one of many as a list or alone, a list with or without the element around it, Id or id, 1 or '1', absent or null.
import type { Answer, Expected, PlannedCall, Told } from './call.js'

/** One line for each difference. */
export function differences(planned: PlannedCall, answer: Answer | undefined, seesDetail: boolean): string[] {
  const { expected, claim, operation } = planned
  const found = answer === undefined ? ['no answer'] : compareAnswer(expected, answer, seesDetail)
  return found.map(difference => `${operation} (${claim}): ${difference}`)
}

function compareAnswer(expected: PlannedCall['expected'], answer: Answer, seesDetail: boolean): string[] {
  if ('reply' in expected) {
    return 'reply' in answer ? compare(expected.reply, answer.reply, 'reply') : [`the fault '${answer.fault.text}'`]
  }
  if (!('fault' in answer)) return [`expected the fault '${expected.fault}', got a reply`]
  const { text, code } = answer.fault
  const expectedCode = expected.fault.slice(0, 5)
  return [
    ...(text.includes(expected.fault) ? [] : [`expected the fault '${expected.fault}', got '${text}'`]),
    ...(code === expectedCode || !seesDetail ? [] : [`expected the code ${expectedCode} in the detail, got ${code}`]),
  ]
}

function compare(expected: Expected, told: Told, path: string): string[] {
  if (Array.isArray(expected)) return compareList(expected, listOf(told), path)
  if (isTree(expected)) return compareTree(expected, told, path)
  const value = listOf(told)[0]
  if (expected === null) return isNothing(value) ? [] : [`${path}: expected nothing, got ${JSON.stringify(value)}`]
  const text = isNothing(value) || typeof value === 'object' ? undefined : String(value)
  const matches = expected instanceof RegExp ? expected.test(text ?? '') : text === String(expected)
  return matches ? [] : [`${path}: expected ${expected}, got ${JSON.stringify(told)}`]
}

function compareList(expected: readonly Expected[], told: readonly Told[], path: string): string[] {
  if (expected.length !== told.length) {
    return [`${path}: expected ${expected.length} items, got ${told.length}: ${JSON.stringify(told)}`]
  }
  return expected.flatMap((item, at) => compare(item, told[at], `${path}.${at}`))
}

function compareTree(expected: { readonly [element: string]: Expected }, told: Told, path: string): string[] {
  const names = Object.keys(expected)
  const alone = listOf(told).length === 1 ? listOf(told)[0] : told
  // Axis and .NET make an array of what the schema wraps in the element of a list.
  const [only] = names
  if (names.length === 1 && only !== undefined && find(alone, only) === undefined && Array.isArray(told)) {
    return compare(expected[only]!, told, `${path}.${only}`)
  }
  return names.flatMap(name => compare(expected[name]!, find(alone, name), `${path}.${name}`))
}

// A getter in Java tells no Id from id.
function find(told: Told, name: string): Told {
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return undefined
  return Object.entries(told).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

function listOf(told: Told): readonly Told[] {
  if (Array.isArray(told)) return told
  return told === undefined || told === null ? [] : [told as Told]
}

// zeep makes a record in which everything is None out of a nil record.
function isNothing(told: Told): boolean {
  if (told === undefined || told === null || told === '') return true
  return typeof told === 'object' && Object.values(told).every(isNothing)
}

function isTree(expected: Expected): expected is { readonly [element: string]: Expected } {
  return typeof expected === 'object' && expected !== null && !(expected instanceof RegExp) && !Array.isArray(expected)
}

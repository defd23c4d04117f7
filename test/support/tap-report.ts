// Reads tap's own output as it comes: a line for each file, every failure in full, and the counts at the end.
// It knows the TAP protocol by tap-parser; it must not know how tap was started.
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Parser, type Result } from 'tap-parser'
import { stringify } from 'yaml'

export interface TapCounts {
  /** Assertions, not files: a test with three assertions counts three times. */
  readonly passed: number
  readonly failed: number
  /** Full name of each failure, in order. */
  readonly failures: readonly string[]
  /** Reason -> how many assertions or tests were skipped for it. */
  readonly skips: ReadonlyMap<string, number>
}

/** Follows `tapOutput` to its end, writing what a person wants to see to `screen`. */
export async function reportTap(tapOutput: Readable, screen: Writable): Promise<TapCounts> {
  const parser = new Parser()
  const failures: string[] = []
  const skips = new Map<string, number>()
  let passed = 0
  let failed = 0
  let countedBefore = 0

  const fail = (name: string, details: unknown): void => {
    failed += 1
    failures.push(name)
    screen.write(`\nFAILED ${name}\n${indented(details)}\n`)
  }

  // tap-parser repeats each leaf of the tree on its root, whatever its depth.
  parser.on('pass', () => {
    passed += 1
  })
  parser.on('fail', (result: Result) => fail(result.fullname, result.diag))
  parser.on('todo', (result: Result) => fail(result.fullname, 'marked as todo: finish the test or remove it'))
  parser.on('skip', (result: Result) => {
    // A test file without a test looks like a success and proves nothing.
    if (result.skip === NO_TESTS) return fail(result.fullname, 'the file holds no test')
    const reason = skipReason(result)
    skips.set(reason, (skips.get(reason) ?? 0) + 1)
  })
  parser.on('extra', (text: string) => screen.write(text))
  // On the root an assertion is a test file.
  parser.on('assert', (file: Result) => {
    const count = passed + failed - countedBefore
    countedBefore = passed + failed
    const seconds = file.time === null ? '' : `, ${(file.time / 1000).toFixed(1)} s`
    screen.write(`${file.ok && file.skip !== NO_TESTS ? 'ok    ' : 'NOT OK'} ${file.name} (${count}${seconds})\n`)
  })
  parser.on('bailout', (reason: string) => fail('bail out', reason))
  const finished = new Promise<boolean>(resolve => parser.on('complete', results => resolve(results.ok)))

  await pipeline(tapOutput, async chunks => {
    for await (const chunk of chunks) parser.write(chunk)
    parser.end()
  })
  const isOk = await finished
  // Such as a plan that was not kept because the output stopped in its middle.
  const isEmpty = passed + failed + skips.size === 0
  if (failed === 0 && (isEmpty || !isOk)) fail('tap', 'the output is empty, or is not a complete TAP document')
  return { passed, failed, failures, skips }
}

const NO_TESTS = 'no tests found'

/** A skipped test carries the reason beside its name, a skipped assertion has it for a name. */
function skipReason(result: Result): string {
  return typeof result.skip === 'string' && result.skip !== '' ? result.skip : result.name
}

function indented(details: unknown): string {
  if (details === null || details === undefined) return ''
  const text = typeof details === 'string' ? details : stringify(details)
  return text
    .trimEnd()
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n')
}

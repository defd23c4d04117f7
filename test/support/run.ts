// `npm test`: lint, types, build, then tap with its servers, and one summary. With FILES or folders: only tap on these.
// It knows the order of things; it must not know any test. A killed run cleans up by last wills, so that no signal
// needs to be handled.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { leaveLastWill } from './last-will.js'
import { projectRoot } from './project.js'
import { demandedNames, missingRequirements } from './requirements.js'
import { provideServers } from './servers.js'
import { reportTap, type TapCounts } from './tap-report.js'

const CHECKS = ['lint', 'types', 'build']

const tapArguments = process.argv.slice(2)
const counts = { passed: 0, failed: 0 }
const failures: string[] = []
const skipped: string[] = []

if (process.env.npm_lifecycle_event !== undefined) endWithParent()
try {
  demandedNames(process.env.REQUIRE)
  if (tapArguments.length === 0) await runChecks()
  await runTests()
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error))
  counts.failed += 1
}
summarise()
process.exit(counts.failed === 0 ? 0 : 1)

async function runChecks(): Promise<void> {
  for (const check of CHECKS) {
    say(`\n# ${check}`)
    const npm = spawn('npm', ['run', '--silent', check], { cwd: projectRoot, stdio: ['ignore', 'inherit', 'inherit'] })
    const [code] = await once(npm, 'exit')
    if (code === 0) counts.passed += 1
    else {
      counts.failed += 1
      failures.push(`npm run ${check}`)
    }
  }
}

async function runTests(): Promise<void> {
  say('\n# tests')
  const servers = await provideServers(say)
  try {
    Object.assign(process.env, servers.environment)
    const { isOk, report } = await runTap()
    counts.passed += report.passed
    counts.failed += report.failed
    failures.push(...report.failures)
    for (const [reason, count] of report.skips) skipped.push(`${count} x ${reason}`)
    // tap also fails for what is in no assertion, such as an unknown option.
    if (!isOk && report.failed === 0) throw new Error('tap failed without a failing test; see its output above')
  } finally {
    await servers.stop()
  }
}

async function runTap(): Promise<{ isOk: boolean; report: TapCounts }> {
  const tap = spawn(
    process.execPath,
    [join(projectRoot, 'node_modules/.bin/tap'), '--reporter=tap', ...tapArguments.flatMap(testFilesIn)],
    {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own, so that the will takes the test processes along.
      detached: true,
    },
  )
  const will = leaveLastWill('kill -s KILL -- "-$1"', `${tap.pid}`)
  const ended = once(tap, 'exit')
  const report = await reportTap(tap.stdout, process.stdout)
  const [code] = await ended
  will.revoke()
  return { isOk: code === 0, report }
}

/** tap takes files; a folder stands for every test below it, and anything else is tap's own option. */
function testFilesIn(argument: string): string[] {
  const path = join(projectRoot, argument)
  if (!existsSync(path) || !statSync(path).isDirectory()) return [argument]
  const below = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return below.filter(name => name.endsWith('.test.ts')).map(name => join(argument, name))
}

/** npm hands SIGINT on to its script but dies of other signals alone, and an orphaned run has nobody left to tell. */
function endWithParent(): void {
  const parent = process.ppid
  setInterval(() => process.ppid === parent || process.exit(1), 500).unref()
}

function summarise(): void {
  const missing = missingRequirements()
  if (missing.length > 0) say(`\n# missing on this machine\n${missing.join('\n')}`)
  if (skipped.length > 0) say(`\n# skipped\n${skipped.join('\n')}`)
  if (failures.length > 0) say(`\n# failed\n${failures.join('\n')}`)
  say(`\n${counts.passed} passed, ${counts.failed} failed`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

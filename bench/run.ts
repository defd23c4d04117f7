// npm run bench: what is asked for, on the program as it is now. It starts and stops things; it measures nothing.
import { spawnSync } from 'node:child_process'
import { projectRoot } from '../test/support/project.js'
import { provideDatabases } from './databases.js'
import { readOptions, usage } from './options.js'
import { profileSyncLead } from './profile.js'
import { syncLeadTables, writeResult } from './report.js'
import { measureSyncLead } from './sync-lead.js'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

try {
  await run(process.argv.slice(2))
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 1
}

async function run(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return say(usage)
  const { name, options } = readOptions(args)
  if (name !== 'sync-lead' && name !== 'profile') throw new Error(`there is no benchmark '${name}'\n${usage}`)
  if (options.build) build()
  const databases = await provideDatabases(options.engines)
  try {
    if (name === 'profile') {
      await profileSyncLead(options, databases, say)
      return
    }
    const results = await measureSyncLead(options, databases, say)
    say(`\n${syncLeadTables(results)}\n\nwritten to ${writeResult(name, options, results)}`)
  } finally {
    await databases.stop()
  }
}

// A benchmark of yesterday's build would be worse than none.
function build(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: projectRoot, stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed; --no-build measures dist as it is')
}

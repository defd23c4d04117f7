// Runs a program to its end: what it is told, what it says. It knows processes; it must not know which program it is.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface ProgramOptions {
  readonly cwd?: string
  readonly input?: string
}

/** A driver that waits for an answer that never comes must not hold up the run. */
const endsWithinMs = 180_000

/** What it printed. Rejects, with all that it said, when it fails or takes too long. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, input = '' }: ProgramOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: 'pipe',
    timeout: endsWithinMs,
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  // A program that has failed does not read on; its own words say why.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  if (code === 0) return stdout
  throw new Error(`${program} ${args.join(' ')}: ended with ${code}\n${stderr}\n${stdout.slice(0, 4_000)}`)
}

// A script of the project as a child process: its lines, its end, and the certainty that it does not outlive the test.
// It knows processes and streams; it must not know what the script does.
import { spawn } from 'node:child_process'
import { resolve as resolvePath } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Test } from 'tap'
import { eventually } from './eventually.js'
import { leaveLastWill } from './last-will.js'
import { projectRoot } from './project.js'

export interface ChildScript {
  readonly pid: number
  /** Lines so far, without their line ends. */
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /**
   * The first line of either stream that matches, once it is there.
   * @throws Error with all the output when the script ends, or the limit (10 s unless told) passes, without it
   */
  line(pattern: RegExp, limit?: { readonly withinMs: number }): Promise<string>
  /** Sends the signal and resolves with the end. */
  terminate(): Promise<Exit>
  kill(): Promise<Exit>
  /** Resolves when the process has ended and all of its output was read. */
  readonly exited: Promise<Exit>
}

export interface Exit {
  /** The exit code, or null if a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ScriptOptions {
  readonly args?: readonly string[]
  /** All that the script sees besides PATH, HOME and TMPDIR: a developer's DATABASE_URL must not reach it. */
  readonly env?: Readonly<Record<string, string>>
  /** The working folder; the project's root unless told. */
  readonly cwd?: string
}

/**
 * Starts `path` (from the project's root, such as `src/main.ts`, `test/faults/writer.ts` or `dist/src/main.js`) with
 * this Node; TypeScript goes through tsx. It is killed when the test is over, or when the test's own process dies.
 */
export function startScript(t: Test, path: string, options: ScriptOptions = {}): ChildScript {
  // Resolved here, since a bare `tsx` would be looked for from the child's working folder.
  const loader = path.endsWith('.ts') ? [`--import=${import.meta.resolve('tsx')}`] : ['--enable-source-maps']
  const script = resolvePath(projectRoot, path)
  const child = spawn(process.execPath, [...loader, script, ...(options.args ?? [])], {
    cwd: options.cwd ?? projectRoot,
    env: { ...ownEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid === undefined) throw new Error(`${process.execPath} could not be started`)
  const will = leaveLastWill('kill -s KILL "$1"', `${child.pid}`)

  let hasEnded = false
  const exited = new Promise<Exit>(resolve => {
    child.once('close', (code, signal) => {
      hasEnded = true
      will.revoke()
      resolve({ code, signal })
    })
  })
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<Exit> => {
    child.kill(signal)
    return exited
  }
  t.teardown(() => end('SIGKILL'))

  const stdout = collectLines(child.stdout)
  const stderr = collectLines(child.stderr)
  const line = async (pattern: RegExp, limit = { withinMs: 30_000 }): Promise<string> => {
    const find = () => [...stdout, ...stderr].find(text => pattern.test(text))
    await eventually(() => hasEnded || find() !== undefined, limit).catch(() => {})
    const found = find()
    if (found !== undefined) return found
    const why = hasEnded ? 'it ended' : `${limit.withinMs} ms passed`
    throw new Error(
      `${path}: no line matched ${pattern} before ${why}; it wrote:\n${[...stdout, ...stderr].join('\n')}`,
    )
  }

  return {
    pid: child.pid,
    stdout,
    stderr,
    line,
    terminate: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    exited,
  }
}

/** What a command of ours says on stderr beside naming its store, which each does first. */
export function complaints({ stderr }: Pick<ChildScript, 'stderr'>): string[] {
  return stderr.filter(line => !line.startsWith('store: '))
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, TMPDIR }
}

function collectLines(stream: Readable): string[] {
  const lines: string[] = []
  createInterface({ input: stream }).on('line', text => lines.push(text))
  return lines
}

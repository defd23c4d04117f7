// A server as a process of its own, with what the system says about it: CPU time and memory, those of its children
// included. It knows processes; it must not know which server it is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { leaveLastWill } from '../test/support/last-will.js'
import { projectRoot } from '../test/support/project.js'

export interface RunningServer {
  readonly port: number
  /** User and system time so far, of all threads and children. NaN where there is no /proc to read it from. */
  cpuMicros(): number
  /** Memory that it holds at this moment, all of its processes together. */
  residentBytes(): number
  /** The same of that process of it which holds the most. */
  residentBytesOfLargest(): number
  /** SIGTERM; resolves once the process is gone. */
  stop(): Promise<void>
}

export interface ServerProgram {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The line by which it says that it takes calls; its first group is the port. */
  readonly listening: RegExp
}

const startsWithinMs = 30_000

/** It dies with this process, however that ends. */
export async function startProgram({ program, args, env, listening }: ServerProgram): Promise<RunningServer> {
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(program, args, {
    cwd: projectRoot,
    env: { ...{ PATH, HOME, TMPDIR }, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Workers of PHP's server outlive their parent; they are children of the shell's argument as well.
  const will = leaveLastWill('pkill -KILL -P "$1"; kill -s KILL "$1"', `${child.pid}`)
  const exited = once(child, 'exit')
  const port = await portOf([child.stdout, child.stderr], listening, exited)
  const pid = child.pid!
  return {
    port,
    cpuMicros: () => sumOf(familyOf(pid), cpuMicrosOf),
    residentBytes: () => sumOf(familyOf(pid), residentBytesOf),
    residentBytesOfLargest: () => Math.max(...familyOf(pid).map(residentBytesOf)),
    async stop() {
      const family = familyOf(pid)
      child.kill('SIGTERM')
      await exited
      for (const orphan of family) if (orphan !== pid) endIfThere(orphan)
      will.revoke()
    },
  }
}

export interface Ended {
  readonly ms: number
  readonly cpuMicros: number
  readonly residentBytes: readonly number[]
  readonly output: string
}

const sampleEveryMs = 50

/** Runs to its end, with its memory on the way. @throws Error with its output where the exit code is not 0 */
export async function runProgram({ program, args, env }: Omit<ServerProgram, 'listening'>): Promise<Ended> {
  const { PATH, HOME, TMPDIR } = process.env
  const startedAt = performance.now()
  const child = spawn(program, args, {
    cwd: projectRoot,
    env: { ...{ PATH, HOME, TMPDIR }, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const will = leaveLastWill('kill -s KILL "$1"', `${child.pid}`)
  const pid = child.pid!
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000)
    })
  const residentBytes: number[] = []
  let cpuMicros = 0
  // The last sample stands for its end: at most one interval of CPU time is not in it.
  const timer = setInterval(() => {
    const resident = residentBytesOf(pid)
    if (!(resident > 0)) return
    residentBytes.push(resident)
    cpuMicros = cpuMicrosOf(pid)
  }, sampleEveryMs)
  const [code] = await once(child, 'close').finally(() => clearInterval(timer))
  const ms = performance.now() - startedAt
  will.revoke()
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${output}`)
  return { ms, cpuMicros, residentBytes, output }
}

function portOf(outputs: readonly Readable[], listening: RegExp, exited: Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (): void => reject(new Error(`the server did not say where it listens; what it said:\n${said}`))
    const impatient = setTimeout(fail, startsWithinMs)
    for (const output of outputs) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-20_000)
        const port = listening.exec(said)?.[1]
        if (port === undefined) return
        clearTimeout(impatient)
        resolve(Number(port))
      })
    }
    void exited.then(fail)
  })
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

const sumOf = (pids: readonly number[], read: (pid: number) => number): number =>
  pids.reduce((sum, pid) => sum + read(pid), 0)

function familyOf(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(Number(name))[1]))
  }
  const family = [pid]
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child)
  }
  return family
}

// The name of the program stands in brackets and may hold anything; the fields are counted from behind it.
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

// A tick is a hundredth of a second on every Linux that Node runs on.
const microsPerTick = 10_000

/** User and system time of one process so far. */
export function cpuMicrosOf(pid: number): number {
  const stat = statOf(pid)
  return (Number(stat[11]) + Number(stat[12])) * microsPerTick
}

function residentBytesOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  } catch {
    return Number.NaN
  }
}

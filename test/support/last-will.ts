// What must still happen when the process that wanted it is gone, by whatever death: SIGKILL leaves no handler to run.
// It knows pipes and sh; it must not know what is being cleaned up.
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

export interface LastWill {
  /** The thing is cleaned up by ordinary means; nothing is left to do. */
  revoke(): void
}

/**
 * Runs `script` (sh, with `args` as $1, $2, ...) once this process has ended, however it ended.
 * A waiting shell holds the reading end of a pipe; the kernel closes our end for us, and the read returns.
 */
export function leaveLastWill(script: string, ...args: readonly string[]): LastWill {
  const waitForDeath = `read -r word; [ "$word" = revoked ] && exit; ${script}`
  // A session of its own, so that Ctrl-C does not reach it; no output, so that it never holds the terminal's pipe open.
  const shell = spawn('sh', ['-c', waitForDeath, 'last-will', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.unref()
  shell.on('error', error => {
    throw new Error('sh, which cleans up after a killed test run, cannot be started', { cause: error })
  })
  // Without this the pipe itself would keep a finished test from ending.
  if (shell.stdin instanceof Socket) shell.stdin.unref()
  shell.stdin.on('error', () => {}) // The shell was killed by someone else: then there is no will to revoke.

  return { revoke: () => shell.stdin.end('revoked\n') }
}

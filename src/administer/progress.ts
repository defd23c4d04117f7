// How far something is, for whoever watches: a bar on a terminal, and elsewhere a line now and then. It writes to
// stderr, so that results can be taken from stdout.

import { SingleBar } from 'cli-progress'

export interface Progress {
  /** `of`: null while nobody knows. */
  update(done: number, of: number | null, what: string): void
  end(): void
}

const lineEveryMs = 10_000

export function showProgress(output: NodeJS.WriteStream = process.stderr): Progress {
  return output.isTTY ? barOn(output) : linesOn(output)
}

function barOn(stream: NodeJS.WriteStream): Progress {
  const format = '{what} [{bar}] {percentage}% {value} of {total} rows, {rate}/s, {eta_formatted} left'
  const bar = new SingleBar({ stream, format, hideCursor: true, clearOnComplete: false, etaBuffer: 100 })
  const startedAt = performance.now()
  let isShown = false
  return {
    update(done, of, what) {
      const rate = Math.round(done / Math.max(1, (performance.now() - startedAt) / 1000))
      const payload = { what, rate }
      if (isShown) {
        bar.setTotal(of ?? done)
        bar.update(done, payload)
      } else bar.start(of ?? done, done, payload)
      isShown = true
    },
    end() {
      if (isShown) bar.stop()
    },
  }
}

function linesOn(stream: NodeJS.WriteStream): Progress {
  const startedAt = performance.now()
  let saidAt = startedAt
  return {
    update(done, of, what) {
      if (performance.now() - saidAt < lineEveryMs) return
      saidAt = performance.now()
      const rate = Math.round(done / ((saidAt - startedAt) / 1000))
      stream.write(`${what}: ${done}${of === null ? '' : ` of ${of}`} rows, ${rate}/s\n`)
    },
    end() {},
  }
}

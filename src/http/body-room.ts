// How much memory the bodies may take together that are arriving or being inflated. A bound for each of them bounds
// nothing where thousands of connections are open, and most bodies are read before anybody knows whose they are. It
// knows bytes and turns; it must not know requests.

export interface BodyRoom {
  /** A part of the room for one body; what it takes is given back by `end`, once, however the body fared. */
  begin(): BodyPlace
}

export interface BodyPlace {
  /** Whether a body that has become so long has room; if not, it is to be refused. */
  has(bytes: number): boolean
  /** Inflates when it is its turn: a few bytes become as many as a body may have. */
  inflate<Result>(work: () => Promise<Result>): Promise<Result>
  end(): void
}

// Nearly every call, and so much that the bytes of all connections together are no more than their sockets take.
const alwaysTakenBytes = 64 * 1024
// As many threads as Node inflates by; more at a time would take memory and save nobody any time.
const inflatedAtOnce = 4

/** Short bodies are always taken, so that whoever fills the room with long ones shuts nobody out but his like. */
export function createBodyRoom(bytesMax: number): BodyRoom {
  let taken = 0
  let inflating = 0
  const turns: (() => void)[] = []

  const inflate = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (inflating >= inflatedAtOnce) await new Promise<void>(resolve => turns.push(resolve))
    else inflating += 1
    try {
      return await work()
    } finally {
      // The turn is handed on, so that nobody who comes now gets in between.
      const next = turns.shift()
      if (next === undefined) inflating -= 1
      else next()
    }
  }

  return {
    begin() {
      let held = 0
      return {
        has(bytes) {
          const more = bytes - held
          if (bytes <= alwaysTakenBytes || more <= 0) return true
          if (taken + more > bytesMax) return false
          taken += more
          held = bytes
          return true
        },
        inflate,
        end() {
          taken -= held
          held = 0
        },
      }
    },
  }
}

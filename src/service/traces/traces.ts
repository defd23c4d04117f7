// Whose calls are kept for support, and the calls that were kept, redacted by the face that they came to. A trace ends
// by itself; calls gather here for a moment and are written many at once, so that no caller waits for it.

export interface TracedPart {
  readonly headers: readonly (readonly [string, string])[]
  /** Length of the body as it was sent. */
  readonly bytes: number
  /** What is left of the body. */
  readonly text: string
}

/** A call with nothing in it of whom it is about, nor of who signed it how. */
export interface TracedCall {
  readonly at: number
  readonly requestId: string
  /** False: it only says that it comes from the caller. */
  readonly isProven: boolean
  /** Method and path, as far as it is not a value. */
  readonly target: string
  readonly operation: string | null
  readonly status: number
  /** Code of the fault, name of the problem. */
  readonly fault: string | null
  readonly ms: number
  readonly request: TracedPart
  readonly reply: TracedPart
}

export interface KeptCall extends TracedCall {
  readonly id: number
}

export interface Trace {
  readonly caller: string
  readonly startedAt: number
  readonly startedBy: string
  /** From then on nothing is kept any more. */
  readonly until: number
  /** So many are kept, the newest; and as many that only claim to be the caller's. */
  readonly callsMax: number
}

export interface TraceFacts extends Trace {
  readonly callsKept: number
}

export interface TraceStore {
  /** Takes the place of an earlier one of this caller. */
  putTrace(trace: Trace): Promise<void>
  traces(): Promise<readonly TraceFacts[]>
  /** With what it has kept. False where there is none. */
  dropTrace(caller: string): Promise<boolean>
  /** Adds them, and drops the oldest that are too many or too much. Without a trace of the caller nothing is added. */
  addTracedCalls(caller: string, calls: readonly TracedCall[], bounds: RingBounds): Promise<void>
  /** Newest first, those below the id `before` (null: from the newest). */
  tracedCalls(
    caller: string,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly KeptCall[]>
  tracedCall(caller: string, id: number): Promise<KeptCall | undefined>
  /** Drops traces that ended before, and at most `limit` calls that are as old. */
  forgetTraces(before: number, limit: number): Promise<void>
}

/** Of the calls that are proven, and of those that are not. */
export interface RingBounds {
  readonly calls: number
  readonly characters: number
}

export const traceMinutesMax = 24 * 60
export const traceCallsMax = 1_000
export const tracesMax = 10
/** So long it stays after its end, unless somebody deletes it. */
export const tracesKeptMs = 7 * 24 * 3_600_000
/** Of what is left of one body. */
export const tracedTextMax = 32 * 1_024
const ringCharactersMax = 16 * 1_024 * 1_024

/** How long another process may take to notice a trace. */
const readEveryMs = 1_000
const writeEveryMs = 500
// Of one process in half a second. A caller that is busier is not kept whole, and nobody needs all of it.
const waitingMax = 200

export type TraceStarted =
  | { readonly type: 'started'; readonly trace: Trace }
  /** So many callers are traced already. */
  | { readonly type: 'too-many' }

export interface TraceOptions {
  readonly store: TraceStore
  readonly now: () => number
  /** Told of what could not be read, written or redacted; calls go on. */
  readonly onTrouble: (cause: unknown) => void
}

export class Traces {
  readonly #options: TraceOptions
  #active: ReadonlyMap<string, Trace> = new Map()
  #waiting: { readonly trace: Trace; readonly call: TracedCall }[] = []
  #timers: readonly NodeJS.Timeout[] = []
  #writing: Promise<void> = Promise.resolve()

  constructor(options: TraceOptions) {
    this.#options = options
  }

  /** Whether anybody at all is traced: the one question that every call asks. */
  get isOn(): boolean {
    return this.#active.size > 0
  }

  /** Whether a call of this caller is kept, and there is room for it now. */
  wants(caller: string): boolean {
    const trace = this.#active.get(caller)
    return trace !== undefined && trace.until > this.#options.now() && this.#waiting.length < waitingMax
  }

  /** The traced caller that a message names which nobody could read; undefined where it names none. */
  namedBy(names: (caller: string) => boolean): string | undefined {
    return [...this.#active.keys()].find(names)
  }

  /** `redact` may fail, which must not reach the caller, who has an answer by now. */
  keep(caller: string, redact: () => TracedCall): void {
    const trace = this.#active.get(caller)
    if (trace === undefined) return
    try {
      this.#waiting.push({ trace, call: redact() })
    } catch (cause) {
      this.#options.onTrouble(cause)
    }
  }

  /** Looks for traces and writes calls every now and then, until it is stopped. */
  async begin(): Promise<void> {
    await this.#look()
    const look = setInterval(() => void this.#look(), readEveryMs)
    const write = setInterval(() => void this.flush(), writeEveryMs)
    this.#timers = [look.unref(), write.unref()]
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.flush()
  }

  /** Resolves when what was kept before is written, or could not be. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async start(
    caller: string,
    { minutes, calls, by }: { readonly minutes: number; readonly calls: number; readonly by: string },
  ): Promise<TraceStarted> {
    const { store, now } = this.#options
    const startedAt = now()
    const others = (await store.traces()).filter(trace => trace.caller !== caller && trace.until > startedAt)
    if (others.length >= tracesMax) return { type: 'too-many' }
    const trace = { caller, startedAt, startedBy: by, until: startedAt + minutes * 60_000, callsMax: calls }
    await store.putTrace(trace)
    await this.#look()
    return { type: 'started', trace }
  }

  async list(): Promise<readonly TraceFacts[]> {
    await this.flush()
    return this.#options.store.traces()
  }

  async drop(caller: string): Promise<boolean> {
    const dropped = await this.#options.store.dropTrace(caller)
    await this.#look()
    return dropped
  }

  async calls(
    caller: string,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly KeptCall[]> {
    await this.flush()
    return this.#options.store.tracedCalls(caller, page)
  }

  call(caller: string, id: number): Promise<KeptCall | undefined> {
    return this.#options.store.tracedCall(caller, id)
  }

  async #look(): Promise<void> {
    const { store, now, onTrouble } = this.#options
    try {
      const found = (await store.traces()).filter(({ until }) => until > now())
      this.#active = new Map(found.map(trace => [trace.caller, trace]))
    } catch (cause) {
      onTrouble(cause)
    }
  }

  async #write(): Promise<void> {
    const taken = this.#waiting
    this.#waiting = []
    for (const { caller, callsMax } of new Set(taken.map(({ trace }) => trace))) {
      const calls = taken.flatMap(({ trace, call }) => (trace.caller === caller ? [call] : []))
      const bounds = { calls: callsMax, characters: ringCharactersMax }
      await this.#options.store.addTracedCalls(caller, calls, bounds).catch(this.#options.onTrouble)
    }
  }
}

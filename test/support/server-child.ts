// The whole server as a child process on a given database, as an operator would run it, and callers for it.
// It knows the command line and the environment; it must not know what is called.
import type { Test } from 'tap'
import { type ChildScript, type Exit, startScript } from './child.js'
import { type LegacyClient, legacyClient } from './legacy-client.js'

export interface ServerChild {
  /** Scheme, host and port. */
  readonly url: string
  readonly script: ChildScript
  /** A new caller with a connection of its own, closed when the test is over. */
  client(): LegacyClient
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<Exit>
  /** SIGTERM; resolves with the end. */
  stop(): Promise<Exit>
  /** What it logged as an error: a caller may have seen a calm answer all the same. */
  errors(): readonly string[]
}

/** Who may call every server that `startServerChild` starts on an empty database. */
export const account = {
  user: 'MKTOWS_000-AAA-111_1',
  key: '9A8B7C6D5E4F3A2B1C0D',
  apiKey: 'duk_first-key-of-the-tests',
} as const

/** A first start migrates, on a machine that may run other tests at the same time. */
const listensWithinMs = 60_000

export interface ServerSettings {
  readonly databaseUrl: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts `serve` on a free port, and resolves once it listens. It is killed when the test is over. */
export async function startServerChild(t: Test, settings: ServerSettings): Promise<ServerChild> {
  const script = spawnServer(t, settings)
  const line = await script.line(/ listens on http/, { withinMs: listensWithinMs })
  const [url = ''] = /http:\/\/\S+\d/.exec(line) ?? []
  return {
    url,
    script,
    client() {
      const client = legacyClient({ url, ...account })
      t.teardown(() => client.close())
      return client
    },
    kill: () => script.kill(),
    stop: () => script.terminate(),
    errors: () => script.stderr.filter(text => /"level":"(?:error|fatal)"/.test(text)),
  }
}

/** Starts `serve` and does not wait: for servers that are expected to refuse. */
export function spawnServer(t: Test, { databaseUrl, env = {} }: ServerSettings): ChildScript {
  return startScript(t, 'src/main.ts', {
    args: ['serve'],
    env: {
      DATABASE_URL: databaseUrl,
      PORT: '0',
      BOOTSTRAP_SOAP_USER: account.user,
      BOOTSTRAP_SOAP_KEY: account.key,
      BOOTSTRAP_API_KEY: account.apiKey,
      ...env,
    },
  })
}

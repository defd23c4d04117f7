// The servers that ours is compared with, and ours, each as a process of its own. It knows how they are started; what
// they do is in `baselines/`.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { openStore } from '../src/store/store.js'
import { freePort } from '../test/support/net.js'
import { projectRoot } from '../test/support/project.js'
import { benchUser } from './calls.js'
import type { BenchEngine } from './databases.js'
import { type RunningServer, startProgram } from './processes.js'
import { startServed } from './served.js'

export type SideName = 'ours' | 'npm-soap' | 'php'

export interface Side {
  readonly name: SideName
  /** What it is, for people who read tables. */
  readonly title: string
  readonly engines: readonly BenchEngine[]
  start(databaseUrl: string): Promise<RunningServer>
}

const listening = /listens on http:\/\/127\.0\.0\.1:(\d+)/

export const sides: readonly Side[] = [
  { name: 'ours', title: 'this server', engines: ['mariadb', 'sqlite'], start: url => startServed(url) },
  {
    name: 'npm-soap',
    title: '(a) npm soap, knex',
    engines: ['mariadb', 'sqlite'],
    start: url => startCompiled('npm-soap', { DATABASE_URL: url }),
  },
  { name: 'php', title: '(b) PHP SoapServer, mysqli', engines: ['mariadb'], start: startPhp },
]

/** The SOAP face over writes that are answered at once. */
export const startSoapPath = (): Promise<RunningServer> => startCompiled('soap-path', {})

/** Node's HTTP server with a constant answer. */
export const startConstant = (reply: string): Promise<RunningServer> => startCompiled('constant', { REPLY: reply })

/** Node's HTTP server with the one statement of a check. */
export const startBareCheck = (databaseUrl: string): Promise<RunningServer> =>
  startCompiled('bare-check', { DATABASE_URL: databaseUrl })

// Compiled as the program is: what a loader adds to functions would count for the server.
function startCompiled(name: string, env: Readonly<Record<string, string>>): Promise<RunningServer> {
  const args = [join(import.meta.dirname, 'baselines', `${name}.js`)]
  return startProgram({ program: process.execPath, args, env, listening })
}

/** Why PHP cannot take part, or null. */
export function phpProblem(): string | null {
  const { status, stdout } = spawnSync('php', ['-m'], { encoding: 'utf8' })
  if (status !== 0) return 'there is no php on this machine'
  const missing = ['soap', 'mysqli'].filter(module => !stdout.split('\n').includes(module))
  return missing.length === 0 ? null : `php lacks ${missing.join(' and ')} (packages php-soap, php-mysql)`
}

// PHP's processes share no counter, so the database hands out the ids.
async function withDrawnIds(databaseUrl: string): Promise<void> {
  const store = openStore(databaseUrl)
  await store.migrate()
  await store.close()
  const connection = await createConnection(databaseUrl)
  await connection.query('alter table people modify id int not null auto_increment')
  await connection.query('alter table log modify seq bigint not null auto_increment')
  await connection.query('alter table activities modify id bigint not null auto_increment')
  await connection.end()
}

/** PHP's own server with a worker for each core; without a database it answers by itself. */
export async function startPhp(databaseUrl: string | null): Promise<RunningServer> {
  if (databaseUrl !== null) await withDrawnIds(databaseUrl)
  const port = await freePort()
  const script = join(projectRoot, 'bench/baselines/soap-server.php')
  const settings = ['opcache.enable_cli=1', 'soap.wsdl_cache_enabled=1', 'display_errors=0'].flatMap(it => ['-d', it])
  return startProgram({
    program: 'php',
    args: [...settings, '-S', `127.0.0.1:${port}`, script],
    env: {
      PHP_CLI_SERVER_WORKERS: String(availableParallelism()),
      WSDL: join(projectRoot, 'wsdl/mktows-3_1.wsdl'),
      BENCH_USER: benchUser.id,
      BENCH_KEY: benchUser.key,
      ...(databaseUrl === null ? {} : databaseVariables(new URL(databaseUrl))),
    },
    listening: /Development Server \(http:\/\/127\.0\.0\.1:(\d+)\) started/,
  })
}

const databaseVariables = ({ hostname, port, username, password, pathname }: URL): Record<string, string> => ({
  DATABASE: pathname.slice(1),
  DATABASE_HOST: hostname,
  DATABASE_PORT: port,
  DATABASE_USER: username,
  DATABASE_PASSWORD: password,
})

// A private MariaDB or MySQL server in a folder of its own, durable as in production, that tests may kill and restart.
// It knows the server programs and their settings; it must not know our schema or which test wants it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { eventually } from './eventually.js'
import { findExecutable } from './executables.js'
import { leaveLastWill } from './last-will.js'
import { freePort } from './net.js'

export interface DatabaseServer {
  /** mysql://app:app@127.0.0.1:PORT; `app` has all rights. The same after a restart. */
  readonly url: string
  /** The process that `kill` kills; null while none runs. */
  readonly pid: number | null
  /** SIGKILL, as a power cut would have it; resolves once the process is gone. The files stay. */
  kill(): Promise<void>
  /** Starts it again on the same files and port; resolves once it answers. */
  start(): Promise<void>
  /** An orderly end. A folder that was not given but made is removed. */
  stop(): Promise<void>
}

export interface ServerPlace {
  /** The loopback port; a free one unless told. */
  readonly port?: number
  /** Where its files lie; unless told, a temporary folder that is removed by `stop`. */
  readonly directory?: string
  /** Options of the server program that come last, so that they win. */
  readonly settings?: readonly string[]
  /** Unless told, the one of the machine. */
  readonly program?: ServerProgram | null
}

/** A server program that may lie anywhere. */
export interface ServerProgram {
  readonly path: string
  /** What has to stand before all options. */
  readonly before: readonly string[]
  readonly settings: readonly string[]
}

/** The server program that `startServer` would run, or null where the machine has none. */
export const findServerProgram = (): string | null => findExecutable('mariadbd', 'mysqld')

/**
 * MySQL 9 as the tool that starts it keeps it: a folder with a whole system, whose libraries it needs. Null where the
 * tool never ran.
 */
export function findMysql9Program(): ServerProgram | null {
  const root = join(process.env.MYSQL_HOME ?? mysqlHome, 'root')
  const path = join(root, 'lib64/ld-linux-x86-64.so.2')
  const program = join(root, 'usr/sbin/mysqld')
  if (!existsSync(path) || !existsSync(program)) return null
  const libraries = ['lib', 'usr/lib'].map(folder => join(root, folder, 'x86_64-linux-gnu')).join(':')
  // Its own folder for files that come and go is not there outside of that system.
  const settings = [`--basedir=${join(root, 'usr')}`, '--secure-file-priv=']
  return { path, before: ['--library-path', libraries, program], settings }
}

/** The tool's own default. */
const mysqlHome = '/var/cache/mysql-server-sid'

/** A first start on a busy machine, crash recovery included, stays well below this. */
const ANSWERS_WITHIN_MS = 60_000
const STOPS_WITHIN_MS = 30_000

/**
 * Kills the process group named in the folder's pid file, and removes the folder if it was ours. The second of waiting
 * is for the kill to be carried out; asking whether it was would never end where nobody reaps orphaned processes.
 */
const CLEAN_UP = `
  [ -s "$1/pid" ] && kill -s KILL -- "-$(cat "$1/pid")" && sleep 1
  if [ "$2" = remove ]; then rm -rf "$1"; else rm -f "$1/pid"; fi`

/**
 * Starts a server that also dies when this process does, even by SIGKILL.
 * @throws Error when the machine has no server program, or with the end of the server's log when it does not start
 */
export async function startServer(place: ServerPlace = {}): Promise<DatabaseServer> {
  const found = findServerProgram()
  const program = place.program ?? (found === null ? null : { path: found, before: [], settings: [] })
  if (program === null) throw new Error('neither mariadbd nor mysqld found: install mariadb-server')
  const folder = place.directory ?? (await mkdtemp(join(tmpdir(), 'durable-unsubscribe-mysql-')))
  mkdirSync(folder, { recursive: true })
  const port = place.port ?? (await freePort())
  const server = new PrivateServer(program, folder, port, place.directory === undefined, place.settings ?? [])
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

class PrivateServer implements DatabaseServer {
  readonly url: string
  readonly #isMariadb: boolean
  readonly #will
  #process: ChildProcess | null = null

  constructor(
    readonly program: ServerProgram,
    readonly folder: string,
    readonly port: number,
    readonly isFolderOurs: boolean,
    readonly ownSettings: readonly string[],
  ) {
    this.url = `mysql://app:app@127.0.0.1:${port}`
    const asked = [...program.before, '--no-defaults', '--version']
    this.#isMariadb = execFileSync(program.path, asked, { encoding: 'utf8' }).includes('MariaDB')
    this.#will = leaveLastWill(CLEAN_UP, folder, isFolderOurs ? 'remove' : 'keep')
  }

  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** Fills the folder with an empty server's files, unless an earlier start did. */
  async initialise(): Promise<void> {
    writeFileSync(join(this.folder, 'init.sql'), createApplicationUser)
    if (existsSync(join(this.folder, 'data/mysql'))) return
    const [program, args] = this.#initialisation()
    const process = this.#launch(program, args)
    await once(process, 'exit')
    if (process.exitCode !== 0) throw new Error(`${program} failed:\n${this.#endOfLog()}`)
  }

  async start(): Promise<void> {
    if (this.#process !== null) return
    this.#launch(this.program.path, [...this.program.before, ...this.#settings()])
    const what = `an answer of ${this.program.path}`
    await eventually(() => this.#process === null || this.#answers(), { withinMs: ANSWERS_WITHIN_MS, what })
    if (this.#process === null) throw new Error(`${this.program.path} ended at once:\n${this.#endOfLog()}`)
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    const impatient = setTimeout(() => this.#process?.kill('SIGKILL'), STOPS_WITHIN_MS)
    await this.#end('SIGTERM')
    clearTimeout(impatient)
    if (!this.isFolderOurs) return
    await rm(this.folder, { recursive: true, force: true })
    this.#will.revoke()
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const process = this.#process
    if (process === null) return
    const exited = once(process, 'exit')
    process.kill(signal)
    await exited
  }

  /** Runs one program as leader of a group of its own, and notes the group where the last will finds it. */
  #launch(program: string, args: readonly string[]): ChildProcess {
    const log = openSync(join(this.folder, 'log'), 'a')
    const process = spawn(program, args, { cwd: this.folder, detached: true, stdio: ['ignore', log, log] })
    const pidFile = join(this.folder, 'pid')
    writeFileSync(pidFile, `${process.pid ?? ''}`)
    this.#process = process
    process.once('exit', () => {
      this.#process = null
      rmSync(pidFile, { force: true })
    })
    return process
  }

  #initialisation(): [string, string[]] {
    const common = [`--datadir=${join(this.folder, 'data')}`, ...asCurrentUser()]
    const { path, before, settings } = this.program
    if (!this.#isMariadb) {
      const own = this.ownSettings.filter(setting => setting.startsWith('--innodb-data-file-path'))
      return [path, [...before, '--no-defaults', '--initialize-insecure', ...common, ...settings, ...own]]
    }
    const program = findExecutable('mariadb-install-db', 'mysql_install_db')
    if (program === null) throw new Error(`${path} is here but mariadb-install-db is not: install mariadb-server`)
    return [program, ['--no-defaults', ...common, '--auth-root-authentication-method=normal', '--skip-test-db']]
  }

  #settings(): string[] {
    return [
      '--no-defaults',
      `--datadir=${join(this.folder, 'data')}`,
      // Relative to the data folder: the absolute path may be longer than the 107 bytes that a socket's name may have.
      '--socket=server.sock',
      `--port=${this.port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      `--init-file=${join(this.folder, 'init.sql')}`,
      // What an acknowledged commit means must be what it means in production.
      '--innodb-flush-log-at-trx-commit=1',
      '--sync-binlog=1',
      // Everything else is small: a test's tables are.
      '--innodb-buffer-pool-size=64M',
      this.#isMariadb ? '--innodb-log-file-size=48M' : '--innodb-redo-log-capacity=64M',
      '--max-connections=200',
      '--performance-schema=OFF',
      ...(this.#isMariadb ? [] : ['--mysqlx=OFF']),
      ...asCurrentUser(),
      ...this.program.settings,
      ...this.ownSettings,
    ]
  }

  /** Asks where its files lie: another server may have taken the port, and would answer as readily. */
  async #answers(): Promise<boolean> {
    const connection = await createConnection({ uri: this.url, rowsAsArray: true })
    try {
      const [rows] = await connection.query<RowDataPacket[][]>('select @@datadir')
      return resolve(String(rows[0]?.[0])) === resolve(this.folder, 'data')
    } finally {
      await connection.end()
    }
  }

  #endOfLog(): string {
    const log = readFileSync(join(this.folder, 'log'), 'utf8')
    return log.trimEnd().split('\n').slice(-20).join('\n')
  }
}

const createApplicationUser = `create user if not exists app@'127.0.0.1' identified by 'app';
grant all privileges on *.* to app@'127.0.0.1' with grant option;
`

/** Both servers refuse to run as root unless told to; a container's only user often is root. */
function asCurrentUser(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : []
}

// Which database servers a test run uses, and where they come from. It starts what is missing and stops what it
// started; it must not know what runs against them.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { leaveLastWill } from './last-will.js'
import { findServerProgram, startServer } from './mariadb-server.js'
import { projectRoot, sharedTools } from './project.js'

export interface TestServers {
  /** TEST_DATABASE_URL, and TEST_MYSQL9_URL where there is such a server. */
  readonly environment: Readonly<Record<string, string>>
  /** Stops what was started here, nothing else. */
  stop(): Promise<void>
}

/** @throws Error that says what to do, when no MySQL-compatible server can be had */
export async function provideServers(say: (text: string) => void): Promise<TestServers> {
  const mysql = await provideMysql(say)
  const mysql9 = await provideMysql9(say)
  return {
    environment: { TEST_DATABASE_URL: mysql.url, ...(mysql9 === null ? {} : { TEST_MYSQL9_URL: mysql9.url }) },
    async stop() {
      await mysql.stop()
      await mysql9?.stop()
    },
  }
}

interface ProvidedServer {
  readonly url: string
  stop(): Promise<void>
}

async function provideMysql(say: (text: string) => void): Promise<ProvidedServer> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return existing(given, 'TEST_DATABASE_URL', say)
  if (findServerProgram() === null) installMariadb(say)
  const server = await startServer()
  say(`mysql: private server ${findServerProgram()} at ${server.url}`)
  return server
}

function installMariadb(say: (text: string) => void): void {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) throw new Error(NO_SERVER)
  say('mysql: no server program found, installing mariadb-server')
  const install = spawnSync(join(projectRoot, '.ci/install'), ['mariadb-server'], { stdio: ['ignore', 2, 2] })
  if (install.status !== 0 || findServerProgram() === null) throw new Error(NO_SERVER)
}

const NO_SERVER = `the tests need a MySQL-compatible server, and this machine has none. Do one of these:
  - install MariaDB 10.6+ or MySQL 8+, so that mariadbd or mysqld is found (Debian: apt-get install mariadb-server);
  - or set TEST_DATABASE_URL=mysql://user:password@host:port to a server whose user may create and drop databases.`

/** MySQL 9: from TEST_MYSQL9_URL or the tool beside the checkout; without both its tests are skipped by name. */
async function provideMysql9(say: (text: string) => void): Promise<ProvidedServer | null> {
  const given = process.env.TEST_MYSQL9_URL
  if (given) return existing(given, 'TEST_MYSQL9_URL', say)
  const tool = join(sharedTools, 'mysql-server')
  if (!existsSync(tool)) return null

  const known = spawnSync(tool, ['url'], { encoding: 'utf8' }).stdout.trim()
  const wasRunning = known !== '' && (await isAnswering(known))
  const will = wasRunning ? null : leaveLastWill('"$1" stop', tool)
  const start = spawnSync(tool, ['start'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const url = start.stdout.trim()
  if (start.status !== 0 || url === '') {
    will?.revoke()
    say('mysql9: its tool could not start it, so its tests are skipped')
    return null
  }
  say(`mysql9: ${wasRunning ? 'found running' : 'started'} at ${url}`)
  return {
    url,
    async stop() {
      if (will === null) return
      spawnSync(tool, ['stop'], { stdio: 'ignore' })
      will.revoke()
    },
  }
}

/** A server of someone else: looked at once, so that a wrong URL is one clear error and not a hundred failing tests. */
async function existing(url: string, variable: string, say: (text: string) => void): Promise<ProvidedServer> {
  try {
    await (await createConnection(url)).end()
  } catch (cause) {
    throw new Error(`${variable} is set, but no server answers there: ${String(cause)}`, { cause })
  }
  say(`${variable === 'TEST_MYSQL9_URL' ? 'mysql9' : 'mysql'}: the server that ${variable} names`)
  return { url, stop: async () => {} }
}

async function isAnswering(url: string): Promise<boolean> {
  try {
    await (await createConnection(url)).end()
    return true
  } catch {
    return false
  }
}

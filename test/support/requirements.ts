// What some tests need of the machine, by name: how to find out whether it is there, and how to get it.
// It knows programs and environment variables; it must not know which test asks.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Test } from 'tap'
import { findExecutable } from './executables.js'
import { findMysql9Program, findServerProgram } from './mariadb-server.js'
import { hasSharedTools, sharedTools } from './project.js'

interface Requirement {
  /** Looks at the machine. Called once at most in a process. */
  readonly isMet: () => boolean
  readonly howToGet: string
  /** False where nobody could install it: then REQUIRE=all does not ask for it. */
  readonly canExist?: boolean
}

/** The list is open: a name, a probe, and one sentence that makes the probe succeed on a fresh machine. */
const requirements = {
  mysql: {
    isMet: () => Boolean(process.env.TEST_DATABASE_URL),
    howToGet: 'run the tests by `npm test`, which starts a server, or set TEST_DATABASE_URL',
  },
  mysql9: {
    isMet: () => Boolean(process.env.TEST_MYSQL9_URL),
    howToGet: 'set TEST_MYSQL9_URL to a MySQL 9 server whose user may create databases',
    canExist: hasSharedTools,
  },
  'mysql9-program': {
    isMet: () => findMysql9Program() !== null,
    howToGet: 'run the shared tool mysql-server beside the checkout once, which unpacks MySQL 9',
    // Whoever set TEST_MYSQL9_URL to a server elsewhere has no program for tests to kill.
    canExist: findMysql9Program() !== null,
  },
  mariadbd: {
    isMet: () => findServerProgram() !== null,
    howToGet: 'apt-get install mariadb-server (a server program that tests may start and kill)',
  },
  mysqldump: {
    isMet: () => hasPrograms('mysqldump', 'mysql'),
    howToGet: 'apt-get install mariadb-client',
  },
  galera: {
    isMet: () =>
      hasSharedTools && findServerProgram() !== null && findExecutable('rsync') !== null && hasGaleraLibrary(),
    howToGet: 'apt-get install mariadb-server galera-4 rsync, and the shared tool galera-cluster beside the checkout',
    canExist: hasSharedTools,
  },
  php: {
    isMet: () => succeeds('php', '-r', 'exit(extension_loaded("soap") ? 0 : 1);'),
    howToGet: 'apt-get install php-cli php-soap',
  },
  zeep: {
    // The distribution's own Python: another one on PATH would not see the distribution's packages.
    isMet: () => succeeds('/usr/bin/python3', '-c', 'import zeep'),
    howToGet: 'apt-get install python3-zeep',
  },
  suds: {
    isMet: () => succeeds('/usr/bin/python3', '-c', 'import suds'),
    howToGet: 'apt-get install python3-suds',
  },
  'soap-lite': {
    isMet: () => succeeds('perl', '-MSOAP::Lite', '-MJSON::PP', '-e', '1'),
    howToGet: 'apt-get install libsoap-lite-perl perl',
  },
  gsoap: {
    isMet: () => hasPrograms('wsdl2h', 'soapcpp2', 'g++'),
    howToGet: 'apt-get install gsoap libgsoap-dev g++',
  },
  jaxws: {
    isMet: () => hasPrograms('wsimport', 'java', 'javac'),
    howToGet: 'apt-get install jaxws default-jdk-headless',
  },
  axis: {
    isMet: () => hasPrograms('java', 'javac') && succeeds('test', '-e', '/usr/share/java/axis.jar'),
    howToGet: 'apt-get install libaxis-java default-jdk-headless',
  },
  mono: {
    isMet: () => hasPrograms('wsdl', 'mcs', 'mono'),
    howToGet: 'apt-get install mono-devel',
  },
  kdsoap: {
    isMet: () => hasPrograms('kdwsdl2cpp', 'moc', 'g++', 'pkg-config') && succeeds('pkg-config', 'Qt5Core'),
    howToGet: 'apt-get install libkdsoap-bin libkdsoap-dev qtbase5-dev g++ pkg-config',
  },
  xmllint: {
    isMet: () => succeeds('xmllint', '--version'),
    howToGet: 'apt-get install libxml2-utils',
  },
} satisfies Record<string, Requirement>

export type RequirementName = keyof typeof requirements

/**
 * True where the machine has everything named. Otherwise the test gets a skip that says what is missing and how to get
 * it, or a failure where the environment's REQUIRE demands it, and the caller returns:
 * `if (!requires(t, 'php')) return`
 */
export function requires(t: Test, ...names: readonly RequirementName[]): boolean {
  const demanded = demandedNames(process.env.REQUIRE)
  const missing = names.filter(name => !isMet(name))
  for (const name of missing) {
    const reason = `${name} is missing: ${requirements[name].howToGet}`
    if (demanded.has(name)) t.fail(`${reason} (REQUIRE demands it)`)
    else t.pass(name, { skip: reason })
  }
  return missing.length === 0
}

/** What the machine lacks, one sentence each, to be said once at the end of a run. */
export function missingRequirements(): string[] {
  return requirementNames()
    .filter(name => !isMet(name))
    .map(name => `${name}: ${requirements[name].howToGet}`)
}

/**
 * Reads REQUIRE: names separated by commas, or `all` for everything that can exist on this machine.
 * @throws Error on an unknown name, which would otherwise demand nothing and never be noticed
 */
export function demandedNames(list: string | undefined): ReadonlySet<RequirementName> {
  const demanded = new Set<RequirementName>()
  for (const word of (list ?? '').split(',').map(part => part.trim())) {
    if (word === '') continue
    else if (word === 'all') for (const name of requirementNames().filter(canExist)) demanded.add(name)
    else if (isRequirementName(word)) demanded.add(word)
    else throw new Error(`REQUIRE: expected all or some of ${requirementNames().join(', ')}; got '${word}'`)
  }
  return demanded
}

const probed = new Map<RequirementName, boolean>()

function isMet(name: RequirementName): boolean {
  const known = probed.get(name) ?? requirements[name].isMet()
  probed.set(name, known)
  return known
}

function canExist(name: RequirementName): boolean {
  const requirement: Requirement = requirements[name]
  return requirement.canExist ?? true
}

function requirementNames(): RequirementName[] {
  return Object.keys(requirements).filter(isRequirementName)
}

function isRequirementName(word: string): word is RequirementName {
  return Object.hasOwn(requirements, word)
}

/** A probe that hangs counts as absent. */
function succeeds(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 30_000 }).status === 0
}

function hasPrograms(...names: readonly string[]): boolean {
  return names.every(name => findExecutable(name) !== null)
}

function hasGaleraLibrary(): boolean {
  const library = 'libgalera_smm.so'
  return succeeds('test', '-e', `/usr/lib/galera/${library}`) || succeeds('test', '-e', `/usr/lib/${library}`)
}

/** The tool that starts, kills and stops the three nodes, for tests that asked `requires(t, 'galera')` first. */
export const galeraClusterTool = join(sharedTools, 'galera-cluster')

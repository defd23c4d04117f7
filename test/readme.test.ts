// What the README shows is what happens: its commands are run, in order, against a server that was just started, and
// the replies that it prints are compared.

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { startScript } from './support/child.js'
import { eventually } from './support/eventually.js'
import { projectRoot } from './support/project.js'
import { blocksOf, readme, section, withConfigurationTable } from './support/readme.js'
import { requires } from './support/requirements.js'

const run = promisify(execFile)
const program = `${process.execPath} --import=tsx ${join(projectRoot, 'src/main.ts')}`

t.test('the table of variables is the one that config.ts gives (npm run readme writes it)', async t => {
  t.equal(readme(), withConfigurationTable(readme()))
})

t.test('the first five minutes work as they are shown', async t => {
  const { shell } = await startedServer(t)
  const blocks = blocksOf(section(readme(), '## The first five minutes'))
  const start = blocks.findIndex(({ language }) => language === 'sh')
  let output = ''
  for (const { language, text } of blocks.slice(start)) {
    if (language === 'sh') {
      output = ''
      for (const line of text.trim().split('\n')) output += await shell(line)
    }
    if (language === 'json') t.ok(normalised(output).endsWith(normalised(text)), text, { diff: output })
  }
})

t.test('the other operations answer the calls that the README shows', async t => {
  const { shell } = await startedServer(t)
  const commands = blocksOf(section(readme(), '## Operations')).filter(({ language }) => language === 'sh')
  for (const line of commands.flatMap(({ text }) => text.trim().split('\n'))) {
    t.notMatch(await shell(line), /FAILED|"success": false/, line)
  }
})

t.test('what operators are shown: calls are traced, the log is archived and verified', async t => {
  const { shell, withFolder } = await startedServer(t)
  const traces = blocksOf(section(readme(), '### Seeing what a client sends'))
  const [start, call, show, drop] = traces
    .find(({ language }) => language === 'sh')!
    .text.trim()
    .split('\n')
  t.match(await shell(start!), /^the newest 50 calls of first_\w+ are kept until /)
  // The server notices within a second or so; calls before that are not kept.
  const shown = async (): Promise<string> => {
    await shell(call!).catch(() => {})
    return shell(show!)
  }
  t.match(await eventually(shown, { withinMs: 60_000 }), /^\d+ {2}\S+ {2}getLead {2}500 20103 /)
  t.match(await shell(drop!), /^deleted/)

  const commands = blocksOf(section(readme(), '### Keeping the log for a time')).filter(
    ({ language }) => language === 'sh',
  )
  let output = ''
  for (const line of commands.flatMap(({ text }) => text.trim().split('\n'))) output += await shell(withFolder(line))

  t.match(output, /^0 log entries went to \S+\/archive; done\nok: 0 log entries/)
})

t.test('a message of Salesforce, sent by hand as the README shows, opts its address out', async t => {
  const { shell } = await startedServer(t, { SALESFORCE_ORGS: '00D5g000001AbCd' })
  const [send, look] = blocksOf(section(readme(), '#### Opt-outs from Salesforce'))
    .find(({ language }) => language === 'sh')!
    .text.trim()
    .split('\n')

  t.match(await shell(send!), /<(\w+:)?Ack>true</)

  const status = 'curl -s -H "Authorization: Bearer $API_KEY" http://127.0.0.1:8080/v1/addresses/sam@example.org'
  t.ok(await eventually(async () => /"unsubscribed"/.test(await shell(status)), { withinMs: 60_000 }))
  t.match(
    await shell(look!),
    /^messages from +00D5g000001AbCd\n +0 waiting[\s\S]*Contact {2}0035g000001AbCdAAK {2}opted out/,
  )
})

t.test('the PHP that the README shows unsubscribes a person', async t => {
  if (!requires(t, 'php')) return
  const { shell, withPort } = await startedServer(t)
  const script = blocksOf(readme()).find(({ language }) => language === 'php')!.text

  const output = await shell('php', ['-r', withPort(script).replace(/^<\?php\n/, '')])

  t.equal(output, 'CREATED\n')
})

t.test('the Python that the README shows reads a person back', async t => {
  if (!requires(t, 'zeep')) return
  const { shell, withPort } = await startedServer(t)
  const script = blocksOf(readme()).find(({ language }) => language === 'python')!.text
  await shell('npx durable-unsubscribe call syncLead --email grace@example.org --set FirstName=Grace')

  const output = await shell('/usr/bin/python3', ['-c', withPort(script)])

  t.match(output, /^\d+\n$/)
})

t.test('on a new store the credentials are shown once, and not at the next start', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'readme-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const first = startScript(t, 'src/main.ts', { args: ['serve'], env: { DATA_DIR: folder, PORT: '0' } })
  await first.line(/export API_KEY=duk_/)
  await first.terminate()

  const second = startScript(t, 'src/main.ts', { args: ['serve'], env: { DATA_DIR: folder, PORT: '0' } })
  await second.line(/^ {2}store /)
  await second.terminate()

  t.notMatch(second.stdout.join('\n'), /API_KEY|SOAP_KEY/)
})

// Ids, times and drawn names are different each time.
function normalised(text: string): string {
  return text
    .replace(/\b10000\d{5}\b/g, 'ID')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
    .replace(/first_[0-9a-f]{8}/g, 'USER')
    .trim()
}

async function startedServer(t: Test, more: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'readme-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const store = { DATA_DIR: folder, ...more }
  const server = startScript(t, 'src/main.ts', { args: ['serve'], env: { ...store, PORT: '0' } })
  await server.line(/export API_KEY=/)
  const said = server.stdout.join('\n')
  const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)![1]!
  const exported = [...said.matchAll(/\b(SOAP_USER|SOAP_KEY|API_KEY)=(\S+)/g)].map(([, name, value]) => [name, value])
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...store, ...Object.fromEntries(exported) }
  const withPort = (text: string): string => text.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)

  // The commands of the README know one port; `call` is told of ours.
  const shell = async (command: string, args?: readonly string[]): Promise<string> => {
    if (args !== undefined) return (await run(command, args, { env, cwd: projectRoot })).stdout
    const line = withPort(command)
      .replace(/npx durable-unsubscribe call/, `${program} call --url http://127.0.0.1:${port}/soap/mktows/3_1`)
      .replace(/npx durable-unsubscribe/, program)
    return (await run('sh', ['-c', line], { env, cwd: projectRoot })).stdout
  }
  const withFolder = (text: string): string => text.replaceAll(' data/', ` ${folder}/`)
  return { shell, withPort, withFolder }
}

#!/usr/bin/env node
// The command line, and the only file that starts anything: serve, migrate, credentials, fields, call, verify.

import { Command, InvalidArgumentError, Option } from 'commander'
import {
  addCredential,
  addField,
  listCredentials,
  listFields,
  migrateStore,
  revokeCredential,
  verifyStore,
} from './administer.js'
import { addFlow, type FlowOptions, type FlowRunOptions, listFlows, runFlow } from './administer-flows.js'
import { addList, addWorkspace, listLists, listWorkspaces } from './administer-lists.js'
import { call, getLeadParams, type LeadOptions, syncLeadParams } from './call.js'
import { type ConfigVariable, callVariables, configVariables, readCallDefaults, readConfig } from './config.js'
import type { Role } from './domain/command.js'
import { fieldTypes } from './domain/field.js'
import { OperatorError, shownUrl } from './operator-error.js'
import { packageVersion } from './package-root.js'
import { serve } from './serve.js'

const program = new Command('durable-unsubscribe')
  .description('Takes over for legacy Marketo SOAP clients and keeps every opt-out, over MySQL or an embedded store.')
  .version(packageVersion())
  .showHelpAfterError('(--help says what is expected)')

program
  .command('serve')
  .description('Start the server: the SOAP face, the JSON face and the background work. Configured by the environment.')
  .addHelpText('after', `\nEnvironment:\n${environmentHelp(configVariables)}`)
  .action(runServer)

program
  .command('migrate')
  .description('Bring the schema of the store up to date, as `serve` does at start unless MIGRATE=off.')
  .option('--unlock', 'first free the lock that a crashed migration left behind')
  .action(({ unlock }: { unlock?: boolean }) => migrateStore(readConfig(), unlock === true))

const credentials = program.command('credentials').description('Who may call: SOAP users and keys of the JSON face.')
credentials
  .command('add <kind> <id>')
  .description(
    'Make a SOAP user (kind soap: id is the user id) or a key for the JSON face (kind api: id is its ' +
      'name). The secret is shown once; the id appears as actor in histories.',
  )
  .option(
    '--key <secret>',
    'the secret to use, such as the encryption key that a legacy client has already; drawn where absent',
  )
  .addOption(
    new Option('--role <role>', 'reader: look; writer: also change; admin: also re-subscribe and administer')
      .choices(['reader', 'writer', 'admin'])
      .default('writer'),
  )
  .action((kind: string, id: string, options: { key?: string; role: Role }) => {
    if (kind !== 'soap' && kind !== 'api') throw new InvalidArgumentError(`expected soap or api, got '${kind}'`)
    return addCredential(readConfig(), { kind, id, ...options })
  })
credentials
  .command('list')
  .description('List credentials, without their secrets.')
  .action(() => listCredentials(readConfig()))
credentials
  .command('revoke <id>')
  .description('Stop a credential from working, on every server within seconds. Its name stays in histories.')
  .action((id: string) => revokeCredential(readConfig(), id))

const fields = program.command('fields').description('The fields that a person can have.')
fields
  .command('add <name>')
  .description('Add a custom field under the attribute name that SOAP callers use.')
  .option('--label <label>', 'what people read; the name where absent')
  .addOption(new Option('--type <type>', 'what its values look like').choices(fieldTypes).default('string'))
  .action((name: string, options: { label?: string; type: 'string' }) => addField(readConfig(), name, options))
fields
  .command('list')
  .description('List standard and custom fields.')
  .action(() => listFields(readConfig()))

const lists = program.command('lists').description('Static lists, which SOAP callers put people on.')
lists
  .command('add <name>')
  .description('Make a static list. Callers name it by its full name: NAME, or PROGRAM.NAME.')
  .option('--program <program>', 'the program that it is in')
  .action((name: string, options: { program?: string }) => addList(readConfig(), name, options))
lists
  .command('list')
  .description('List static lists: id, full name, how many people are on it, program.')
  .action(() => listLists(readConfig()))

const workspaces = program.command('workspaces').description('Workspaces that SOAP callers may name; Default is one.')
workspaces
  .command('add <name>')
  .description('Make a workspace. Callers name it in any letter case.')
  .requiredOption('--partition <partition>', 'where its new people go, and where those must be that are found by id')
  .action((name: string, { partition }: { partition: string }) => addWorkspace(readConfig(), name, partition))
workspaces
  .command('list')
  .description('List workspaces, each with its partition.')
  .action(() => listWorkspaces(readConfig()))

const flows = program
  .command('flows')
  .description('Change Data Value flows, which SOAP callers know as campaigns: named sets of values for fields.')
flows
  .command('add <name>')
  .description('Define a flow. A value may hold tokens such as {{my.reason}}, which each run fills.')
  .option('--program <program>', 'the program that callers name it with')
  .option('--set <FIELD=VALUE>', 'set a field; may be repeated', repeated, [])
  .option('--clear <FIELD>', 'clear a field; may be repeated', repeated, [])
  .option('--list <list>', 'full name of the static list that it runs on when it is scheduled')
  .option('--description <text>', 'what callers read about it')
  .action((name: string, options: FlowOptions) => addFlow(readConfig(), name, options))
flows
  .command('list')
  .description('List flows: id, name, what they set, and on which list.')
  .action(() => listFlows(readConfig()))
flows
  .command('run <name>')
  .description('Run a flow now, on everybody who has an address or who is on a list.')
  .option('--program <program>', 'the program that it is in')
  .option('--email <address>', 'everybody who has this address')
  .option('--list <list>', 'everybody who is on the static list of this full name')
  .option('--token <NAME=VALUE>', 'the value of a token; may be repeated', repeated, [])
  .action((name: string, options: FlowRunOptions) => runFlow(readConfig(), name, options))

program
  .command('call <operation>')
  .description(
    'Send one signed SOAP call with npm soap and print the reply. syncLead and getLead have options ' +
      'of their own; any operation takes --json.',
  )
  .option('--url <url>', 'endpoint (else SOAP_URL, else http://127.0.0.1:8080/soap/mktows/3_1)')
  .option('--user <userId>', 'user id to sign with (else SOAP_USER)')
  .option('--key <encryptionKey>', 'key to sign with (else SOAP_KEY)')
  .option('--email <address>', 'the person, by address')
  .option('--id <id>', 'the person, by id')
  .option('--foreign-id <id>', 'the person, by the id of another system (syncLead)')
  .option('--foreign-type <type>', 'CUSTOM, SFDC or NETSUITE')
  .option('--cookie <cookie>', 'the person, by its tracking cookie')
  .option(
    '--set <NAME=VALUE>',
    'set an attribute (syncLead); may be repeated',
    (pair: string, all: string[]) => [...all, pair],
    [],
  )
  .option('--return-lead', 'have the whole record in the reply (syncLead)', false)
  .option('--json <params>', 'the whole message as JSON instead')
  .option('--show-xml', 'also print the envelopes that were sent and received')
  .option('--timeout <seconds>', 'give up after', wholeSeconds, 30)
  .addHelpText(
    'after',
    [
      `\nEnvironment:\n${environmentHelp(callVariables)}`,
      '\nExamples:',
      '  durable-unsubscribe call syncLead --email ada@example.org --set FirstName=Ada',
      '  durable-unsubscribe call syncLead --email ada@example.org --set Unsubscribed=1',
      '  durable-unsubscribe call getLead --email ada@example.org',
    ].join('\n'),
  )
  .action(runCall)

program
  .command('verify')
  .description(
    'Check the log against its chain of hashes and every table against the log. Exit code 1 where something is broken.',
  )
  .action(() => verifyStore(readConfig()))

program.parseAsync().catch(fail)

async function runServer(): Promise<void> {
  const config = readConfig()
  const server = await serve(config)
  process.stdout.write(
    `${welcome(server.url, config.publicUrl ?? server.url, config.storeUrl, server.firstCredentials)}\n`,
  )
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    server.close().then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function welcome(
  url: string,
  publicUrl: string,
  storeUrl: string,
  first: { readonly soapUser: string; readonly encryptionKey: string; readonly apiKey: string } | null,
): string {
  const where = [
    `durable-unsubscribe ${packageVersion()} listens on ${url}`,
    `  WSDL       ${publicUrl}/soap/mktows/3_1?WSDL`,
    `  JSON       ${publicUrl}/v1/addresses/{address}`,
    `  health     ${publicUrl}/health/ready    metrics ${publicUrl}/metrics`,
    `  store      ${shownUrl(storeUrl)}`,
  ]
  if (first === null) return where.join('\n')
  const shown = [
    '',
    'The store is new. These first credentials are shown this once; paste the lines into the shell that you call from:',
    `  export SOAP_USER=${first.soapUser} SOAP_KEY=${first.encryptionKey} SOAP_URL=${url}/soap/mktows/3_1`,
    `  export API_KEY=${first.apiKey}`,
  ]
  return [...where, ...shown].join('\n')
}

type CallFlags = LeadOptions & {
  url: string
  user?: string
  key?: string
  json?: string
  showXml?: boolean
  timeout: number
}

async function runCall(operation: string, flags: CallFlags): Promise<void> {
  const known = readCallDefaults()
  const user = flags.user ?? known.user
  const key = flags.key ?? known.key
  if (user === undefined || key === undefined)
    throw new OperatorError('call: give --user and --key, or set SOAP_USER and SOAP_KEY')
  const result = await call({
    url: flags.url ?? known.url ?? 'http://127.0.0.1:8080/soap/mktows/3_1',
    user,
    key,
    operation,
    params: paramsOf(operation, flags),
    timeoutMs: flags.timeout * 1000,
  })
  if (flags.showXml) process.stdout.write(`> ${result.request}\n< ${result.response}\n`)
  if (result.type === 'reply') process.stdout.write(`${JSON.stringify(result.reply, null, 2)}\n`)
  else {
    process.stderr.write(`fault: ${result.text}\n`)
    process.exitCode = 1
  }
}

function paramsOf(operation: string, flags: CallFlags): object {
  if (flags.json !== undefined) return readJson(flags.json)
  if (operation === 'syncLead') return syncLeadParams(flags)
  if (operation === 'getLead') return getLeadParams(flags)
  return {}
}

function repeated(value: string, all: string[]): string[] {
  return [...all, value]
}

function readJson(text: string): object {
  try {
    return JSON.parse(text) as object
  } catch (cause) {
    throw new OperatorError(`--json: expected a message as JSON: ${(cause as Error).message}`, { cause })
  }
}

function wholeSeconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number of seconds')
}

function environmentHelp(list: readonly ConfigVariable[]): string {
  return list
    .map(
      ({ name, default: fallback, description }) =>
        `  ${name}${fallback === undefined ? '' : ` (${fallback})`}\n      ${description}`,
    )
    .join('\n')
}

function fail(cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  // What the operator can mend is a sentence; a defect shows where it happened.
  const isSentence = /^(?:OperatorError|ConfigError|SchemaTooNew|SchemaPending|SealError)$/.test(error.name)
  const isTaken = (error as { code?: unknown }).code === 'EADDRINUSE'
  const sentence = isTaken ? `${error.message}: set PORT (or HOST) to another one` : error.message
  process.stderr.write(`${isSentence || isTaken ? sentence : (error.stack ?? error.message)}
`)
  process.exit(1)
}

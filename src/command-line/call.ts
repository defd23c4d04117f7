// `call`: one signed SOAP call, for trying a server out by hand. Declares its options; call.ts sends it.

import type { Command } from 'commander'
import type { LeadOptions } from '../call.js'
import { callVariables, readCallDefaults } from '../config.js'
import { OperatorError } from '../operator-error.js'
import { environmentHelp } from './help.js'
import { repeated, wholeSeconds } from './options.js'

export function register(program: Command): void {
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
    .option('--set <NAME=VALUE>', 'set an attribute (syncLead); may be repeated', repeated, [])
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
  const sending = await import('../call.js')
  const result = await sending.call({
    url: flags.url ?? known.url ?? 'http://127.0.0.1:8080/soap/mktows/3_1',
    user,
    key,
    operation,
    params: paramsOf(operation, flags, sending),
    timeoutMs: flags.timeout * 1000,
  })
  if (flags.showXml) process.stdout.write(`> ${result.request}\n< ${result.response}\n`)
  if (result.type === 'reply') process.stdout.write(`${JSON.stringify(result.reply, null, 2)}\n`)
  else {
    process.stderr.write(`fault: ${result.text}\n`)
    process.exitCode = 1
  }
}

function paramsOf(
  operation: string,
  flags: CallFlags,
  { syncLeadParams, getLeadParams }: typeof import('../call.js'),
): object {
  if (flags.json !== undefined) return readJson(flags.json)
  if (operation === 'syncLead') return syncLeadParams(flags)
  if (operation === 'getLead') return getLeadParams(flags)
  return {}
}

function readJson(text: string): object {
  try {
    return JSON.parse(text) as object
  } catch (cause) {
    throw new OperatorError(`--json: expected a message as JSON: ${(cause as Error).message}`, { cause })
  }
}

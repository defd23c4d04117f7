// `credentials`: who may call. Declares the commands; what they do is in administer/credentials.ts.

import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { NewCredential } from '../administer/credentials.js'
import { readConfig } from '../config.js'
import type { Role } from '../domain/command.js'

export function register(program: Command): void {
  const credentials = program.command('credentials').description('Who may call: SOAP users and keys of the JSON face.')
  credentials
    .command('add')
    .addArgument(new Argument('<kind>', 'of caller').choices(['soap', 'api']))
    .argument('<id>', 'user id, or name of the key')
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
    .action(async (kind: NewCredential['kind'], id: string, options: { key?: string; role: Role }) => {
      const { addCredential } = await import('../administer/credentials.js')
      await addCredential(readConfig(), { kind, id, ...options })
    })
  credentials
    .command('list')
    .description('List credentials, without their secrets.')
    .action(async () => {
      const { listCredentials } = await import('../administer/credentials.js')
      await listCredentials(readConfig())
    })
  credentials
    .command('revoke <id>')
    .description('Stop a credential from working, on every server within seconds. Its name stays in histories.')
    .action(async (id: string) => {
      const { revokeCredential } = await import('../administer/credentials.js')
      await revokeCredential(readConfig(), id)
    })
  credentials
    .command('rotate <id>')
    .description('Give a credential another secret, shown once; the present one goes on working for a while.')
    .option('--overlap <hours>', 'how long', wholeHours, 24)
    .option('--key <secret>', 'the secret to use; drawn where absent')
    .action(async (id: string, { overlap, key }: { overlap: number; key?: string }) => {
      const { rotateCredential } = await import('../administer/credentials.js')
      await rotateCredential(readConfig(), id, { overlapHours: overlap, ...(key === undefined ? {} : { key }) })
    })
}

function wholeHours(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number of hours, at most 999')
}

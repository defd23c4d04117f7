// `fields`: the fields that a person can have. Declares the commands; what they do is in administer/fields.ts.

import { type Command, Option } from 'commander'
import { readConfig } from '../config.js'
import { fieldTypes } from '../domain/field.js'

export function register(program: Command): void {
  const fields = program.command('fields').description('The fields that a person can have.')
  fields
    .command('add <name>')
    .description('Add a custom field under the attribute name that SOAP callers use.')
    .option('--label <label>', 'what people read; the name where absent')
    .addOption(new Option('--type <type>', 'what its values look like').choices(fieldTypes).default('string'))
    .action(async (name: string, options: { label?: string; type: 'string' }) => {
      const { addField } = await import('../administer/fields.js')
      await addField(readConfig(), name, options)
    })
  fields
    .command('list')
    .description('List standard and custom fields.')
    .action(async () => {
      const { listFields } = await import('../administer/fields.js')
      await listFields(readConfig())
    })
}

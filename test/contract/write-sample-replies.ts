// Writes the reply.xml of samples that have none yet, for their author to read and judge; it never overwrites one.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { send } from './sample-calls.js'
import { readSamples } from './sample-folders.js'
import { fileVersions } from './version-files.js'

for (const sample of readSamples().filter(({ reply }) => reply === '')) {
  const { text } = await send(sample, fileVersions.at(-1)!)
  writeFileSync(join(sample.path, 'reply.xml'), indented(text))
  process.stdout.write(`${sample.name}: read its reply.xml, it is what is answered and not yet what is right\n`)
}

/** `lines` has one tag, or one whole leaf, on each line. */
function indented(lines: string): string {
  let depth = 0
  return lines
    .split('\n')
    .map(line => {
      if (/^<\//.test(line)) depth--
      const text = `${'  '.repeat(depth)}${line}\n`
      if (/^<[^?/][^>]*[^/]>$|^<[^?/]>$/.test(line)) depth++
      return text
    })
    .join('')
}

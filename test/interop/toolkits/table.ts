// The README's table of toolkits: what it says, and how it is taken out and put in.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../support/project.js'

export interface Row {
  readonly toolkit: string
  readonly toolkitVersion: string
  /** Versions of the WSDL whose conversation came out as it must. */
  readonly wsdlVersions: readonly string[]
  readonly operations: number
  readonly remark: string
}

const path = join(projectRoot, 'README.md')
const marks = /(<!-- toolkits[^\n]*-->\n)([\s\S]*?)(<!-- \/toolkits -->)/

export function tableOf(rows: readonly Row[]): string {
  return [
    '| toolkit | version | WSDL versions imported | operations called, values compared | |',
    '|---|---|---|---|---|',
    ...rows.map(({ toolkit, toolkitVersion, wsdlVersions, operations, remark }) => {
      const cells = [toolkit, toolkitVersion, wsdlVersions.join(', '), operations, remark]
      return `| ${cells.join(' | ')} |`
    }),
    '',
  ].join('\n')
}

/** The table as the README has it. */
export function tableInReadme(): string {
  return marks.exec(readFileSync(path, 'utf8'))?.[2] ?? ''
}

export function writeTable(table: string): void {
  const text = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    text.replace(marks, (_, opening: string, __, closing: string) => `${opening}${table}${closing}`),
  )
}

/** The same table whatever the versions of the toolkits are: another release of Debian has others. */
export function withoutToolkitVersions(table: string): string {
  return table.replace(/^(\| [^|]+ \|) [\d.]+ \|/gm, '$1 |')
}

// The README as tests see it: its fenced blocks, and the table of variables that is made from config.ts. Run as a
// script it writes that table into the README.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { configVariables } from '../../src/config.js'
import { projectRoot } from './project.js'

const path = join(projectRoot, 'README.md')

export interface Block {
  /** Word behind the fence: sh, json, php, python, or '' where there is none. */
  readonly language: string
  readonly text: string
}

export function readme(): string {
  return readFileSync(path, 'utf8')
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }))
}

/** The part under one heading, up to the next heading of the same or a higher level. */
export function section(markdown: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 1
  const start = markdown.indexOf(`${heading}\n`)
  if (start === -1) throw new Error(`the README has no heading '${heading}'`)
  const rest = markdown.slice(start + heading.length)
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end === -1 ? rest : rest.slice(0, end)
}

const marks = /(<!-- configuration:[^\n]*-->\n)[\s\S]*?(<!-- \/configuration -->)/

export function configurationTable(): string {
  const rows = configVariables.map(({ name, default: fallback, description }) => {
    const shown = fallback === undefined ? '' : /^[\w./]+$/.test(fallback) ? `\`${fallback}\`` : fallback
    return `| \`${name}\` | ${shown} | ${description.replaceAll('|', '\\|')} |`
  })
  return ['| variable | default | |', '|---|---|---|', ...rows].join('\n')
}

export function withConfigurationTable(markdown: string): string {
  return markdown.replace(
    marks,
    (_, opening: string, closing: string) => `${opening}${configurationTable()}\n${closing}`,
  )
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(path, withConfigurationTable(readme()))
}

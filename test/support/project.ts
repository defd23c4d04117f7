// Where the project lies, and which of its own files count as what. It knows the folder layout, no file's content.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/package-root.js'

/** The project's root as an absolute path. */
export const projectRoot = `${packageRoot()}/`

/** Tools that build machines keep beside the checkout. They are no part of the product and may be absent. */
export const sharedTools = join(projectRoot, '../shared/tools')

export const hasSharedTools = existsSync(sharedTools)

/** The text of a file of the project, or null where there is none. */
export function projectText(path: string): string | null {
  const absolute = join(projectRoot, path)
  return existsSync(absolute) ? readFileSync(absolute, 'utf8') : null
}

/** TypeScript files below `folder` (no file for a folder that is not there), as path from the root -> text. */
export function typescriptFiles(folder: string): Map<string, string> {
  const absolute = join(projectRoot, folder)
  if (!existsSync(absolute)) return new Map()
  const names = readdirSync(absolute, { recursive: true, encoding: 'utf8' })
  const paths = names.map(name => `${folder}/${name.replaceAll('\\', '/')}`)
  const wanted = paths.filter(path => path.endsWith('.ts') && !path.startsWith('test/fixtures/')).sort()
  return new Map(wanted.map(path => [path, readFileSync(join(projectRoot, path), 'utf8')]))
}

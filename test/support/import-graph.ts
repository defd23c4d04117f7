// Who imports whom, read from source text by the TypeScript parser. It knows the language's import forms;
// it must not know which import is allowed.
import { posix } from 'node:path'
import ts from 'typescript'

export interface SourceFile {
  /** Path from the project's root. */
  readonly path: string
  /** Files of the project that it imports, as paths from the root; types count like values. */
  readonly imports: readonly string[]
  /** Packages, as declared in package.json: `knex`, `@koa/router`. */
  readonly packages: readonly string[]
  /** Node's own modules, with their prefix: `node:url`. */
  readonly builtins: readonly string[]
  /** Import expressions whose target is no literal, so that nobody can say what they bring. */
  readonly unreadable: readonly string[]
  readonly readsEnvironment: boolean
  /** Every string literal; knex loads drivers by their name in one. */
  readonly literals: ReadonlySet<string>
}

/** Parses `files` (path from the root -> text). */
export function readImports(files: ReadonlyMap<string, string>): SourceFile[] {
  return [...files].map(([path, text]) => readFile(path, text))
}

/** The first cycle found, as the list of files that leads back to its start, or null. */
export function findCycle(files: readonly SourceFile[]): readonly string[] | null {
  const importsOf = new Map(files.map(file => [file.path, file.imports]))
  const done = new Set<string>()

  const walk = (path: string, trail: readonly string[]): readonly string[] | null => {
    const start = trail.indexOf(path)
    if (start >= 0) return [...trail.slice(start), path]
    if (done.has(path)) return null
    for (const imported of importsOf.get(path) ?? []) {
      const cycle = walk(imported, [...trail, path])
      if (cycle !== null) return cycle
    }
    done.add(path)
    return null
  }

  for (const { path } of files) {
    const cycle = walk(path, [])
    if (cycle !== null) return cycle
  }
  return null
}

function readFile(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const specifiers: string[] = []
  const unreadable: string[] = []
  const literals = new Set<string>()
  let readsEnvironment = false

  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) literals.add(node.text)
    if (isEnvironment(node)) readsEnvironment = true
    const specifier = importedBy(node)
    if (specifier !== null) {
      if (ts.isStringLiteralLike(specifier)) specifiers.push(specifier.text)
      else unreadable.push(specifier.getText())
    }
    ts.forEachChild(node, visit)
  }
  visit(source)

  const isRelative = (name: string) => name.startsWith('.')
  const isBuiltin = (name: string) => name.startsWith('node:')
  return {
    path,
    imports: specifiers.filter(isRelative).map(name => resolveRelative(path, name)),
    packages: specifiers.filter(name => !isRelative(name) && !isBuiltin(name)).map(packageName),
    builtins: specifiers.filter(isBuiltin),
    unreadable,
    readsEnvironment,
    literals,
  }
}

/** What the node imports: `import`, `export from`, `import()`, `require()`, `import('x').Type`; null for others. */
function importedBy(node: ts.Node): ts.Node | null {
  if (ts.isImportDeclaration(node)) return node.moduleSpecifier
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier ?? null
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument
  if (!ts.isCallExpression(node)) return null
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require'
  return isImport || isRequire ? (node.arguments[0] ?? node) : null
}

/** `process.env`, `process['env']`, `const { env } = process` and the import of `env` from node:process. */
function isEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && isProcess(node.expression)
  if (ts.isElementAccessExpression(node))
    return isProcess(node.expression) && node.argumentExpression.getText().slice(1, -1) === 'env'
  if (ts.isVariableDeclaration(node))
    return ts.isObjectBindingPattern(node.name) && node.initializer !== undefined && isProcess(node.initializer)
  if (ts.isImportSpecifier(node))
    return (
      (node.propertyName ?? node.name).text === 'env' &&
      /['"](node:)?process['"]/.test(node.parent.parent.parent.getText())
    )
  return false
}

function isProcess(expression: ts.Expression): boolean {
  return ts.isIdentifier(expression) && expression.text === 'process'
}

/** NodeNext imports name the compiled file; the source lies beside it as TypeScript. */
function resolveRelative(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

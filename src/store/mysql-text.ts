// Statements as text for MySQL and MariaDB, each value in the place of its placeholder. It knows how these servers read
// what is quoted, in sessions that speak UTF-8; it must not know what a statement means.

type Literal = string | number | boolean | null

/** A value, a list (`1, 2`) or rows (`(1, 2), (3, 4)`). */
export type Placed = Literal | readonly Literal[] | readonly (readonly Literal[])[]

/**
 * The text, ready to be sent. The driver's own quoting takes any value there is, and cuts each text at every quotation
 * mark of either kind: half of the memory that a batch took were pieces of its JSON. Throws where a placeholder has no
 * value or a value no placeholder; a `?` can stand for nothing else.
 */
export function statementText(sql: string, values: readonly Placed[]): string {
  const pieces = sql.split('?')
  if (pieces.length !== values.length + 1)
    throw new Error(`a statement has ${pieces.length - 1} placeholders, got ${values.length} values`)
  let text = pieces[0]!
  for (let index = 0; index < values.length; index++) text += placed(values[index]!) + pieces[index + 1]!
  return text
}

function placed(value: Placed): string {
  if (!isList(value)) return literal(value)
  let text = ''
  for (const item of value) text += (text === '' ? '' : ', ') + (isList(item) ? `(${placed(item)})` : literal(item))
  return text
}

const isList = (value: Placed): value is readonly Literal[] | readonly (readonly Literal[])[] => Array.isArray(value)

function literal(value: Literal): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      if (!Number.isFinite(value)) throw new Error(`expected a number for a statement, got ${value}`)
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    default:
      if (value === null) return 'NULL'
      throw new Error(`expected a text, a number, true, false or null for a statement, got ${typeof value}`)
  }
}

// Only the apostrophe ends what it opened, and only the backslash changes what follows. The others are written as the
// client library of MySQL writes them, for tools that read a log of statements line by line. A quotation mark means
// nothing here. An apostrophe is doubled and not put behind a backslash, so that no text ends early even in a session
// for which a backslash is a sign like any other (NO_BACKSLASH_ESCAPES).
const notPlain = /[\p{Cc}'\\]/u
const allNotPlain = new RegExp(notPlain, 'gu')
const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
  "'": "''",
  '\\': '\\\\',
}

const quoted = (text: string): string =>
  notPlain.test(text) ? `'${text.replace(allNotPlain, sign => escapes[sign] ?? sign)}'` : `'${text}'`

// How calls are told to a driver and answers come back: JSON where the language has it, lines of path and value where
// it has not, XML for what has no reflection either. It knows drivers' inputs and outputs; it must not know programs.
import { XMLParser } from 'fast-xml-parser'
import type { Answer, Arguments, SignedCall, Told } from './call.js'

export interface Notation {
  write(endpoint: string, calls: readonly SignedCall[]): string
  read(output: string): readonly Answer[]
}

export const json: Notation = {
  write: (endpoint, calls) => JSON.stringify({ wsdl: `${endpoint}?WSDL`, calls }),
  // Written by our own drivers, in this form.
  read: output => JSON.parse(output) as Answer[],
}

/** Calls: paragraphs of `path TAB value`. Answers: the same, with the number of the call before each path; `carriedOut`
 * where there was a reply, since it may hold nothing. */
export const lines: Notation = {
  write: (_, calls) => calls.map(call => `${flat('', call).join('\n')}\n\n`).join(''),
  read(output) {
    const tree: Record<string, Told> = {}
    for (const line of linesOf(output)) {
      const [path = '', value = ''] = line.split('\t')
      put(tree, path.split('.'), decodeURIComponent(value))
    }
    const answers = asLists(tree) as readonly {
      readonly reply?: Told
      readonly fault?: { text: string; code: string }
    }[]
    return answers.map(({ reply, fault }) => (fault === undefined ? { reply } : { fault }))
  },
}

/** Calls: a line each, with the message as XML. Answers: `reply TAB XML` or `fault TAB code TAB text`. */
export const xml: Notation = {
  write: (_, calls) => calls.map(call => `${xmlCall(call)}\n`).join(''),
  read: output =>
    linesOf(output).map(line => {
      const [kind, first = '', text = ''] = line.split('\t')
      return kind === 'fault'
        ? { fault: { text, code: first } }
        : { reply: Object.values(parser.parse(first))[0] as Told }
    }),
}

const linesOf = (output: string): string[] => output.split('\n').filter(line => line !== '')

function flat(path: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`${path}\t${encodeURIComponent(String(value))}`]
  return Object.entries(value).flatMap(([name, part]) => flat(path === '' ? name : `${path}.${name}`, part))
}

function put(tree: Record<string, Told>, [name = '', ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    tree[name] = value
    return
  }
  const branch = (tree[name] ?? {}) as Record<string, Told>
  tree[name] = branch
  put(branch, rest, value)
}

function asLists(told: Told): Told {
  if (typeof told !== 'object' || told === null) return told
  const entries = Object.entries(told).map(([name, part]) => [name, asLists(part)] as const)
  return entries.every(([name]) => /^\d+$/.test(name)) ? entries.map(([, part]) => part) : Object.fromEntries(entries)
}

const parser = new XMLParser({ removeNSPrefix: true, parseTagValue: false, trimValues: false })
const declarations = ' xmlns:ns="http://www.marketo.com/mktows/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

function xmlCall({ operation, header, arguments: given }: SignedCall): string {
  const { mktowsUserId, requestSignature, requestTimestamp } = header
  const message = xmlElement('message', given, declarations)
  return [operation, mktowsUserId, requestSignature, requestTimestamp, message].join('\t')
}

function xmlElement(name: string, value: Arguments[string], attributes = ''): string {
  if (Array.isArray(value)) return value.map(item => xmlElement(name, item)).join('')
  if (typeof value !== 'object') return `<${name}${attributes}>${escapeText(String(value))}</${name}>`
  const { $type, ...fields } = value as Arguments
  const type = $type === undefined ? '' : ` xsi:type="ns:${$type}"`
  const children = Object.entries(fields).map(([child, part]) => xmlElement(child, part))
  return `<${name}${attributes}${type}>${children.join('')}</${name}>`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

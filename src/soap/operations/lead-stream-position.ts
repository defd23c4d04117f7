// Where getMultipleLeads goes on: the text between two of its pages (legacy-soap-contract 3.4). To callers it is
// opaque; it grants nothing, so it is checked and not signed. It must not know how a page is read.

import type { PersonId } from '../../domain/person.js'
import type { UpdateMark, UpdateWindow } from '../../service/ports.js'
import { type Answered, faulted, faultKinds, quoted } from '../faults.js'

/** Behind the last lead of a page; `remaining` is what was still to come then. */
export type LeadStreamPosition = { readonly remaining: number } & (
  | { readonly type: 'updated'; readonly window: UpdateWindow; readonly after: UpdateMark }
  | { readonly type: 'list'; readonly listId: number; readonly after: PersonId }
  | { readonly type: 'keys'; readonly after: PersonId }
)

export function writeLeadStreamPosition(position: LeadStreamPosition): string {
  const { remaining } = position
  switch (position.type) {
    case 'updated': {
      const { window, after } = position
      return `os:${window.from}:to:${window.to}:tl:${after.at}:id:${after.id}:rc:${remaining}`
    }
    case 'list':
      return `li:${position.listId}:id:${position.after}:rc:${remaining}`
    case 'keys':
      return `id:${position.after}:rc:${remaining}`
  }
}

/** Undefined where none is given, which is the beginning. */
export function readLeadStreamPosition(text: string | undefined): Answered<LeadStreamPosition | undefined> {
  const given = (text ?? '').trim()
  if (given === '') return { type: 'result', result: undefined }
  const position = parse(given)
  if (position === undefined) {
    const expected = 'expected the newStreamPosition of an earlier reply'
    return faulted(faultKinds.badStreamPosition, `streamPosition: ${expected}, got '${quoted(given)}'`)
  }
  return { type: 'result', result: position }
}

// Fifteen digits are a number without loss, and more than any of these can be.
const form = /^(?:os:(\d{1,15}):to:(\d{1,15}):tl:(\d{1,15}):|li:(\d{1,15}):)?id:(\d{1,15}):rc:(\d{1,15})$/

function parse(text: string): LeadStreamPosition | undefined {
  const found = form.exec(text)
  if (found === null) return undefined
  const [from, to, at, listId, id, remaining] = found.slice(1).map(Number) as [number, number, number, ...number[]]
  const rest = { remaining: remaining! }
  if (found[1] !== undefined) return { type: 'updated', window: { from, to }, after: { at, id: id! }, ...rest }
  if (found[4] !== undefined) return { type: 'list', listId: listId!, after: id!, ...rest }
  return { type: 'keys', after: id!, ...rest }
}

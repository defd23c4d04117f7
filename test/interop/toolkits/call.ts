// What a toolkit is asked to do, and what it says came of it: one list of calls for all of them, so that another
// operation is another entry and not eleven programs. It must not know any toolkit.

/** What goes into a message, by element; a list is an element several times. `$type` names an xsi:type. */
export interface Arguments {
  readonly [element: string]: Argument
}
type Argument = string | number | boolean | Arguments | readonly Argument[]

/** What a toolkit read. No two agree on how: see `differences`. */
export type Told = string | number | boolean | null | undefined | { readonly [element: string]: Told } | readonly Told[]

/** What must have been read; what is not mentioned may be anything, and null is absent or nil. */
export type Expected = string | number | boolean | null | RegExp | Expectations | readonly Expected[]
export interface Expectations {
  readonly [element: string]: Expected
}

export interface PlannedCall {
  /** What this call shows. */
  readonly claim: string
  readonly operation: string
  readonly arguments: Arguments
  readonly signedWith?: 'another key'
  /** The reply, or the beginning of a faultstring such as `20103 - Lead not found`. */
  readonly expected: { readonly reply: Expectations } | { readonly fault: string }
}

export interface SignedCall {
  readonly operation: string
  readonly header: Arguments
  readonly arguments: Arguments
}

export type Answer =
  | { readonly reply: Told }
  /** `code` is that of the detail, for toolkits that give it. */
  | { readonly fault: { readonly text: string; readonly code?: string } }

// What was wrong with values in a message, each with its path, collected over the whole message so that a caller can
// mend everything at once. It must not know what becomes of them: that is a fault's business.

export interface Finding {
  /** `paramsSyncMultipleLeads.leadRecordList.leadRecord[2].Id`; items are counted from 0. */
  readonly path: string
  /** `expected true, false, 1 or 0, got 'maybe'` */
  readonly message: string
}

/** One line for people: path and message. */
export function describeFinding(finding: Finding): string {
  return `${finding.path}: ${finding.message}`
}

/** A child element that the schema does not have at that place. It was passed over. */
export interface UnknownChild {
  readonly path: string
  readonly localName: string
  /** Its character data, so that a rule may still take a mis-spelt identifier into account. */
  readonly text: string
  /** The decoded value of the element that it stood in. */
  readonly parent: object
}

/** Enough of a value to recognise it by; the rest would only swell the fault. */
const quotedLengthMax = 60

/** `got 'maybe'`, shortened where the text is long. */
export function quoteGiven(text: string): string {
  const shown = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}...` : text
  return `got '${shown}'`
}

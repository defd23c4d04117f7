// What an operator or a caller of the command line can mend: told as a sentence, without a stack.

/** The message says what was expected and what to do. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
}

/** A store's URL as it may be shown. */
export function shownUrl(storeUrl: string): string {
  return storeUrl.replace(/:[^:@/]*@/, ':...@')
}

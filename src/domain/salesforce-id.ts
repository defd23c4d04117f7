// Ids of Salesforce, which one and the same record has in two forms. It knows the forms, not who has them.

/** The system of the ids that Salesforce gives. */
export const salesforce = 'SFDC'

/**
 * The forms in which callers may hold one id of Salesforce: 15 characters, or 18 with three behind them that say which
 * of the others are capitals. The given one comes first.
 */
export function salesforceIdForms(id: string): readonly string[] {
  const short = /^[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?$/.test(id) ? id.slice(0, 15) : undefined
  if (short === undefined) return [id]
  const long = short + capitalsOf(short)
  if (id === short) return [short, long]
  return id === long ? [long, short] : [id]
}

const capitalsAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

// One character for each five, the first of them in the lowest bit.
function capitalsOf(short: string): string {
  return [0, 5, 10]
    .map(start => [...short.slice(start, start + 5)].reduce((bits, c, i) => bits | (/[A-Z]/.test(c) ? 1 << i : 0), 0))
    .map(bits => capitalsAlphabet.charAt(bits))
    .join('')
}

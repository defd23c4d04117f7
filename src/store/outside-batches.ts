// What every question to the store outside of batches has in common: its errors say whether trying again may help, and
// it has an end. It knows no question.

import { StoreUnavailable } from '../service/ports.js'
import { passingError } from './passing-errors.js'

type Ask = (...given: never[]) => Promise<unknown>
export type Asked<Port> = { readonly [Name in keyof Port]: Ask }

// Outside of batches nothing is tried again here; whoever asked must hear, and in time, that trying again may help.
export function passingErrors<Port extends Asked<Port>>(port: Port, patienceMs: number | null): Port {
  const passing = Object.entries<Ask>(port).map(([name, ask]): [string, Ask] => [
    name,
    (...given) => {
      const answered = ask(...given).catch(cause => {
        throw passingError(cause, 'working')
      })
      return patienceMs === null ? answered : withPatience(answered, patienceMs)
    },
  ])
  return Object.fromEntries(passing) as Port // the same functions under the same names
}

function withPatience<T>(answered: Promise<T>, patienceMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new StoreUnavailable(`the database did not answer within ${patienceMs} ms`))
    const timer = setTimeout(giveUp, patienceMs)
    answered.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

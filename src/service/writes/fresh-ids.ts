// Ids for new people, taken from the store in blocks, so that most batches need no round trip for them. It must not
// know what becomes of them.

import type { PersonId } from '../../domain/person.js'
import type { CommandStore } from '../ports.js'

const block = 1024

export class FreshIds {
  readonly #store: Pick<CommandStore, 'reservePersonIds'>
  #ids: PersonId[] = []

  constructor(store: Pick<CommandStore, 'reservePersonIds'>) {
    this.#store = store
  }

  /** For one batch alone, until it gives them back. */
  async take(count: number): Promise<readonly PersonId[]> {
    while (this.#ids.length < count) this.#ids.push(...(await this.#store.reservePersonIds(block)))
    return this.#ids.splice(0, count)
  }

  /** What nobody got; only where that is sure. */
  giveBack(ids: readonly PersonId[]): void {
    this.#ids.unshift(...ids)
  }

  /** Somebody brought one of them along: new ones leave out what is taken. */
  distrust(): void {
    this.#ids = []
  }
}

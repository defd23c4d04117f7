// The fields that exist at this moment: the standard ones and what admins (or, where the operator allows it, callers)
// added. Kept in memory; another process may add one at any time, so an unknown name is looked up once more.

import { type Field, FieldDictionary, type FieldType, fieldNameLengthMax } from '../domain/field.js'
import { standardFields } from '../domain/standard-fields.js'

/** The part of a store that keeps custom fields. */
export interface FieldStore {
  customFields(): Promise<readonly Field[]>
  /** False where the name is taken. */
  addField(field: Field): Promise<boolean>
}

/** Callers may not fill the table without end. */
const customFieldsMax = 1_000

export type FieldAdded =
  | { readonly type: 'added'; readonly field: Field }
  /** `isTaken`: there is a field of that name; otherwise the name cannot be one, or there are too many. */
  | { readonly type: 'refused'; readonly problem: string; readonly isTaken: boolean }

export class Fields {
  readonly #store: FieldStore
  readonly #acceptUnknown: boolean
  #dictionary = new FieldDictionary(standardFields)

  private constructor(store: FieldStore, acceptUnknown: boolean) {
    this.#store = store
    this.#acceptUnknown = acceptUnknown
  }

  /** `acceptUnknown`: a name that nobody knows becomes a custom field of type string. */
  static async load(store: FieldStore, { acceptUnknown }: { readonly acceptUnknown: boolean }): Promise<Fields> {
    const fields = new Fields(store, acceptUnknown)
    await fields.reload()
    return fields
  }

  get dictionary(): FieldDictionary {
    return this.#dictionary
  }

  async reload(): Promise<void> {
    this.#dictionary = new FieldDictionary([...standardFields, ...(await this.#store.customFields())])
  }

  /** The names among these that no field has, after all that may be done to know them. */
  async unknownAmong(names: readonly string[]): Promise<readonly string[]> {
    const isUnknown = (name: string): boolean => this.#dictionary.find(name) === undefined
    if (!names.some(isUnknown)) return []
    await this.reload()
    if (this.#acceptUnknown)
      for (const name of names.filter(isUnknown)) await this.add({ name, label: name, type: 'string' })
    return names.filter(isUnknown)
  }

  async add(given: { readonly name: string; readonly label: string; readonly type: FieldType }): Promise<FieldAdded> {
    const { name, label, type } = given
    if (!/^[\p{L}\p{N}_][\p{L}\p{N}_ .()/&-]*$/u.test(name) || name.length > fieldNameLengthMax) {
      return {
        type: 'refused',
        problem: `expected a name of letters, digits, blanks and _ . ( ) / & -, at most ${fieldNameLengthMax} long`,
        isTaken: false,
      }
    }
    // Values are kept under their names in plain objects, where these mean something else.
    if (name in Object.prototype) {
      return { type: 'refused', problem: `'${name}' cannot be the name of a field`, isTaken: false }
    }
    const taken = { type: 'refused', problem: `there is a field named '${name}'`, isTaken: true } as const
    if (this.#dictionary.find(name) !== undefined) return taken
    if (this.#dictionary.fields.length - standardFields.length >= customFieldsMax) {
      return { type: 'refused', problem: `there are ${customFieldsMax} custom fields already`, isTaken: false }
    }
    const jsonName = name.charAt(0).toLowerCase() + name.slice(1)
    const field: Field = { name, jsonName, label, type, isReadOnly: false, isCustom: true }
    const added = await this.#store.addField(field)
    await this.reload()
    return added ? { type: 'added', field } : taken
  }
}

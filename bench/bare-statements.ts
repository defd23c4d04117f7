// The statements that could ask for the statuses of addresses, as bare as they can be. They know the table and nothing
// of who sends them.

const wanted = ['address_key', 'unsubscribed', 'version', 'since', 'reason']

export interface BareStatement {
  readonly name: string
  readonly sql: string
  readonly valuesOf: (keys: string[]) => string[]
}

/** For so many addresses, each of which has a status; the last is the fastest for many. */
export function bareStatements(count: number): BareStatement[] {
  const select = `select ${wanted.join(', ')} from email_status where address_key`
  if (count === 1) return [{ name: 'address_key = ?', sql: `${select} = ?`, valuesOf: keys => keys }]
  const given = "JSON_TABLE(?, '$[*]' COLUMNS (k varchar(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$'))"
  const columns = wanted.map(column => `found.${column}`).join(', ')
  const joined = `SELECT ${columns} FROM ${given} AS given STRAIGHT_JOIN email_status AS found ON found.address_key = k`
  return [
    { name: 'IN (?, ...)', sql: `${select} in (${Array(count).fill('?').join()})`, valuesOf: keys => keys },
    { name: 'JSON_TABLE(?)', sql: joined, valuesOf: keys => [JSON.stringify(keys)] },
  ]
}

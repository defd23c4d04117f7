// Sets of IP addresses, as operators write them down: single ones and ranges. It knows nothing of who is meant.

import { BlockList, isIP, isIPv6 } from 'node:net'

export interface Networks {
  has(address: string | undefined): boolean
}

/** Reads IP addresses and CIDR ranges. `problems` has a sentence for each entry that is neither. */
export function readNetworks(entries: readonly string[]): {
  readonly networks: Networks
  readonly problems: readonly string[]
} {
  const list = new BlockList()
  const problems = entries.filter(entry => !addRange(list, entry)).map(entry => `'${entry}' is not an IP range`)
  // Asked for each call, and reading an address takes longer than one would think.
  const isEmpty = list.rules.length === 0
  const has = (address: string | undefined): boolean => {
    if (isEmpty || address === undefined || isIP(address) === 0) return false
    // A dual-stack socket shows IPv4 callers as ::ffff:192.0.2.1.
    const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  }
  return { networks: { has }, problems }
}

function addRange(list: BlockList, entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  const type = family === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) {
    list.addAddress(address, type)
    return true
  }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return false
  list.addSubnet(address, Number(bits), type)
  return true
}

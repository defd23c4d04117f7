// One process at a time does a piece of the exchange with Salesforce. It holds a lease for as long as a round takes, so
// that after a crash somebody else goes on soon.

import type { SalesforceWork, SalesforceWorkStore } from './records.js'

export interface SalesforceLeaseOptions {
  readonly store: SalesforceWorkStore
  /** Random, of this process. */
  readonly holder: string
  readonly now: () => number
}

export interface HeldLease {
  /** False where it is somebody else's by now. */
  moveTo(position: number): Promise<boolean>
  /** False where it is somebody else's by now, or may be. */
  isHeld(): boolean
}

const leaseMs = 15_000

/** What `work` gives, or false where somebody else is at it. */
export async function withLease(
  name: SalesforceWork,
  { store, holder, now }: SalesforceLeaseOptions,
  work: (lease: HeldLease) => Promise<boolean>,
): Promise<boolean> {
  const hold = (): Promise<boolean> => store.holdSalesforceWork(name, holder, now() + leaseMs, now())
  if (!(await hold())) return false
  let isHeld = true
  // A call to Salesforce may take longer than a lease should.
  const renewal = setInterval(() => {
    hold().then(
      isStill => {
        isHeld = isStill
      },
      () => {
        isHeld = false
      },
    )
  }, leaseMs / 3)
  try {
    return await work({
      isHeld: () => isHeld,
      moveTo: position => store.moveSalesforcePosition(name, holder, position),
    })
  } finally {
    clearInterval(renewal)
    // Where this fails, the lease ends by itself.
    await store.releaseSalesforceWork(name, holder).catch(() => {})
  }
}

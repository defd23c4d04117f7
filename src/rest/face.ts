// How this face appears in every history, and the policy that its commands are decided under.

import type { Face } from '../service/service.js'

/** R2 guarded: the callers of this face are new ones and can say why. R3 as the legacy face has it. */
export const jsonFace: Face = {
  source: 'JSON API',
  defaultReason: 'JSON API',
  policy: { resubscribe: 'guarded', addressChange: 'reset' },
}

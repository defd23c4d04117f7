// What the faces do where the old service left room: signatures, unknown fields, the policies of R2 and R3.
// It declares variables and reads no environment.

import { oneOf, type Variable, whole } from './reading.js'

export const behaviour = {
  signatureWindowHours: {
    name: 'SIGNATURE_WINDOW_HOURS',
    default: '24',
    description:
      'How far, either way, the timestamp of a SOAP call may be from our clock. Old clients without ' +
      'a time zone are hours off.',
    read: whole(24, 1, 24 * 30),
  },
  unknownFields: {
    name: 'UNKNOWN_FIELDS',
    default: 'refuse',
    description:
      'refuse: an unknown attribute name fails a SOAP call with 20105, as it used to. accept: it ' +
      'becomes a custom string field.',
    read: oneOf('refuse', 'accept')('refuse'),
  },
  soapResubscribe: {
    name: 'SOAP_RESUBSCRIBE',
    default: 'compatible',
    description:
      'compatible: Unsubscribed=0 on an existing person re-subscribes its address (rule R2). ' +
      'guarded: it needs the admin role, a reason and evidence, which SOAP cannot give.',
    read: oneOf('compatible', 'guarded')('compatible'),
  },
  jsonResubscribe: {
    name: 'JSON_RESUBSCRIBE',
    default: 'guarded',
    description: 'The same for the JSON face.',
    read: oneOf('compatible', 'guarded')('guarded'),
  },
  addressChange: {
    name: 'ADDRESS_CHANGE',
    default: 'reset',
    description:
      'What an opted-out person that gets another address shows (rule R3). reset: the status of the ' +
      'new address. carry-over: the opt-out goes along.',
    read: oneOf('reset', 'carry-over')('reset'),
  },
} satisfies Record<string, Variable<unknown>>

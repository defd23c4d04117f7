// Where the server listens, and how callers reach it.
// It declares variables and reads no environment.

import { networks, optional, type Variable, whole } from './reading.js'

export const network = {
  host: {
    name: 'HOST',
    default: '127.0.0.1',
    description: 'Address to listen on. 0.0.0.0 for all.',
    read: (text: string | undefined) => text ?? '127.0.0.1',
  },
  port: {
    name: 'PORT',
    default: '8080',
    description: 'Port to listen on. 0 takes any free one.',
    read: whole(8080, 0, 65535),
  },
  publicUrl: {
    name: 'PUBLIC_URL',
    description:
      'Under which the server is reached from outside, such as https://unsubscribe.example.org. Goes ' +
      'into the WSDL. Without it the address under which the WSDL was asked for is used.',
    read: (text: string | undefined) => {
      if (text === undefined) return null
      if (!/^https?:\/\/[^/?#]+\/?$/.test(text))
        throw new Error('expected http:// or https://, a host and perhaps a port, with no path')
      return text.replace(/\/$/, '')
    },
  },
  tlsCertFile: {
    name: 'TLS_CERT_FILE',
    description:
      'Certificate (PEM, with its chain) for TLS on PORT; plain HTTP where absent. Read again when the file changes.',
    read: optional,
  },
  tlsKeyFile: {
    name: 'TLS_KEY_FILE',
    description: 'Its key (PEM, without a passphrase).',
    read: optional,
  },
  adminPort: {
    name: 'ADMIN_PORT',
    default: 'none',
    description:
      'A port of its own for metrics and for what needs the role admin; PORT then serves neither. It also serves ' +
      'the rest of the JSON face.',
    read: (text: string | undefined) => (text === undefined ? null : whole(0, 0, 65_535)(text)),
  },
  adminHost: {
    name: 'ADMIN_HOST',
    default: '127.0.0.1',
    description: 'Address that ADMIN_PORT listens on.',
    read: (text: string | undefined) => text ?? '127.0.0.1',
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    description:
      'Addresses or networks of proxies whose X-Forwarded-* headers count, separated by commas: 10.0.0.0/8, 127.0.0.1.',
    read: networks,
  },
} satisfies Record<string, Variable<unknown>>

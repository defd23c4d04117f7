// TLS from files: certificate and key, read again when they change, so that a renewed certificate needs no restart.
// It knows files and secure contexts; it must not know what is served.

import { X509Certificate } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext, type TLSSocket } from 'node:tls'

export interface TlsFiles {
  /** PEM: the server's certificate, followed by those between it and the root. */
  readonly certFile: string
  /** PEM, without a passphrase. */
  readonly keyFile: string
  /** PEM: the certificates that clients may have, or from whom theirs must come. Clients without one are served all
   * the same. */
  readonly clientCaFile?: string | null
}

export interface TlsMaterial {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca?: Buffer
}

// Old clients of the legacy contract stop at 1.2; nothing below it is safe.
export const tlsMinVersion = 'TLSv1.2'
// Looking at two files costs nothing beside a day in which a certificate is out of date.
const lookEveryMs = 5_000

/** The files cannot be used; the message names them and says why. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError'
}

/**
 * Reads both files and checks that they fit together.
 * @throws TlsFilesError
 */
export function readTls({ certFile, keyFile, clientCaFile = null }: TlsFiles): TlsMaterial {
  try {
    const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
    const material = clientCaFile === null ? pair : { ...pair, ca: readFileSync(clientCaFile) }
    createSecureContext(material)
    return material
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    const others = clientCaFile === null ? '' : `, with ${clientCaFile} for clients,`
    throw new TlsFilesError(`the certificate ${certFile} and the key ${keyFile}${others} cannot be used: ${said}`, {
      cause,
    })
  }
}

/** Tells whether a client has shown a certificate that the material vouches for. */
export function clientTrust({ ca }: TlsMaterial): (socket: TLSSocket) => boolean {
  // OpenSSL follows each certificate to a root. One that is named itself is trusted alone, whoever has signed it.
  const named = (ca?.toString().match(certificate) ?? []).map(text => new X509Certificate(text))
  return socket => {
    if (socket.authorized) return true
    const shown = socket.getPeerX509Certificate()
    const known = named.find(({ raw }) => shown?.raw.equals(raw))
    return known !== undefined && isInItsTime(known)
  }
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const isInItsTime = ({ validFrom, validTo }: X509Certificate): boolean =>
  Date.parse(validFrom) <= Date.now() && Date.now() <= Date.parse(validTo)

/**
 * Calls back with what the files hold after each change, and when told to look. Files that do not fit (yet) are
 * reported and passed over.
 */
export function watchTls(
  files: TlsFiles,
  onChange: (material: TlsMaterial) => void,
  onProblem: (cause: unknown) => void,
): { look(): void; stop(): void } {
  const look = (): void => {
    try {
      onChange(readTls(files))
    } catch (cause) {
      onProblem(cause)
    }
  }
  const watched = [files.certFile, files.keyFile, ...(files.clientCaFile ? [files.clientCaFile] : [])]
  for (const file of watched) watchFile(file, { interval: lookEveryMs, persistent: false }, look)
  return { look, stop: () => watched.forEach(file => void unwatchFile(file, look)) }
}

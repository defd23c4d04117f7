// The namespaces of SOAP and XML Schema that the codec resolves names by, and the one header block that is ours.

export const xsiNamespace = 'http://www.w3.org/2001/XMLSchema-instance'

export type SoapVersion = '1.1' | '1.2'

export const envelopeNamespaces: Readonly<Record<SoapVersion, string>> = Object.freeze({
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
})

/** Local name of our own header block: a caller's name for one call, by which a retry gets the first answer again. */
export const clientRequestIdBlock = 'ClientRequestId'

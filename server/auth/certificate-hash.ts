/**
 * The hash of tls-server-end-point channel binding (RFC 5929): that of the certificate's signature algorithm,
 * with SHA-256 in the place of MD5 and SHA-1. Node does not tell the algorithm, so that it is read from the
 * DER form: Certificate ::= SEQUENCE { tbsCertificate, SEQUENCE { OBJECT IDENTIFIER, … }, … }.
 */

const SEQUENCE = 0x30
const OBJECT_IDENTIFIER = 0x06

/** By the OID's bytes in hexadecimal. */
const hashes: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010e': 'sha224', // sha224WithRSAEncryption
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
}

/** undefined for algorithms without one hash of their own: RSASSA-PSS, Ed25519. */
export function certificateHash(der: Buffer): string | undefined {
  const certificate = element(der, 0)
  const body = certificate === undefined ? undefined : element(der, certificate.start)
  const algorithm = body === undefined ? undefined : element(der, body.end)
  const identifier = algorithm === undefined ? undefined : element(der, algorithm.start)
  if (certificate?.tag !== SEQUENCE || algorithm?.tag !== SEQUENCE) return undefined
  if (identifier?.tag !== OBJECT_IDENTIFIER) return undefined
  return hashes[der.toString('hex', identifier.start, identifier.end)]
}

/** The tag and content of the DER element at a byte offset. */
function element(der: Buffer, at: number): { tag: number; start: number; end: number } | undefined {
  const tag = der[at]
  const first = der[at + 1]
  if (tag === undefined || first === undefined) return undefined
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  const start = at + 2 + lengthBytes
  if (lengthBytes > 4 || start > der.length) return undefined
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes)
  return start + length > der.length ? undefined : { tag, start, end: start + length }
}

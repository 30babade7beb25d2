import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * A certificate that signs itself, and its key, as PEM: for servers of tests that speak TLS. Clients
 * that are given the certificate as their authority believe it for these host names and addresses.
 */
export function createSelfSigned(names: {
  readonly hosts: readonly string[]
  /** IPv4. */
  readonly addresses: readonly string[]
}): { readonly certificate: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'))
  const name = sequence(
    element(0x31, sequence(objectId('550403'), element(0x0c, Buffer.from('a test')))),
  )
  const subjectAltName = sequence(
    ...names.hosts.map((host) => element(0x82, Buffer.from(host))),
    ...names.addresses.map((address) => element(0x87, Buffer.from(address.split('.').map(Number)))),
  )
  const body = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(
      element(0x17, Buffer.from('200101000000Z')),
      element(0x18, Buffer.from('21200101000000Z')),
    ),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(
      0xa3,
      sequence(
        sequence(objectId('551d11'), element(0x04, subjectAltName)),
        sequence(objectId('551d13'), element(0x04, sequence(element(0x01, Buffer.from([0xff]))))),
      ),
    ),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])
  const certificate = sequence(body, ecdsaWithSha256, element(0x03, signature))
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate
      .toString('base64')
      .replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** One element of DER: tag, length, content. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size =
    length < 128
      ? [length]
      : length < 256
        ? [0x81, length]
        : [0x82, Math.floor(length / 256), length % 256]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...members: readonly Buffer[]) => element(0x30, Buffer.concat(members))
const objectId = (hex: string) => element(0x06, Buffer.from(hex, 'hex'))

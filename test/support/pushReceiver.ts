/** A receiver of pushes by the book, with nothing of ours: opens what is encrypted to it (RFC 8291), and holds who signed (RFC 8292). */
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'

export type Received = {
  /** Decrypted, with whatever pads it. */
  readonly text: string
  /** The whole body as it came. */
  readonly bytes: number
  /** Of RFC 8030: as the headers say them. */
  readonly ttl: string
  readonly urgency: string
  readonly topic: string
  readonly contact: string
}

export type PushReceiver = {
  /** As `PushSubscription.toJSON()` has them. */
  readonly keys: { readonly p256dh: string; readonly auth: string }
  /** Throws where anything is not as the RFCs have it. `vapidKey`: whom it subscribed to. */
  readonly open: (push: {
    readonly endpoint: string
    readonly headers: { readonly [name: string]: string | undefined }
    readonly body: Uint8Array
    readonly vapidKey: string
  }) => Received
}

export const newReceiver = (): PushReceiver => {
  const own = createECDH('prime256v1')
  own.generateKeys()
  const auth = randomBytes(16)
  const decrypt = (body: Buffer): string => {
    const salt = body.subarray(0, 16)
    const recordBytes = body.readUInt32BE(16)
    const sender = body.subarray(21, 21 + (body[20] ?? 0))
    const sealed = body.subarray(21 + sender.length)
    if (sealed.length > recordBytes) throw new Error('more than one record')
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), own.getPublicKey(), sender])
    const secret = Buffer.from(hkdfSync('sha256', own.computeSecret(sender), auth, info, 32))
    const derive = (what: string, length: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, salt, `Content-Encoding: ${what}\0`, length))
    const opened = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12))
    opened.setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([opened.update(sealed.subarray(0, -16)), opened.final()])
    const end = plain.lastIndexOf(2)
    if (plain.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('no delimiter before the padding')
    return plain.subarray(0, end).toString()
  }
  return {
    keys: { p256dh: own.getPublicKey('base64url'), auth: auth.toString('base64url') },
    open: ({ endpoint, headers, body, vapidKey }) => {
      const must = (name: string): string => {
        const value = headers[name]
        if (value === undefined) throw new Error(`no ${name}`)
        return value
      }
      if (must('content-encoding') !== 'aes128gcm') throw new Error('another content-encoding')
      return {
        text: decrypt(Buffer.from(body)),
        bytes: body.length,
        ttl: must('ttl'),
        urgency: must('urgency'),
        topic: must('topic'),
        contact: contactIn(must('authorization'), new URL(endpoint).origin, vapidKey),
      }
    },
  }
}

const dayS = 24 * 60 * 60

const contactIn = (authorization: string, origin: string, vapidKey: string): string => {
  const [, jwt = '', key = ''] = /^vapid t=([^,\s]+), ?k=(\S+)$/.exec(authorization) ?? []
  if (key !== vapidKey) throw new Error('signed with another key than it subscribed to')
  const point = Buffer.from(key, 'base64url')
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const verifier = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), verifier, Buffer.from(signature, 'base64url')))
    throw new Error('the signature is another’s')
  const parse = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>
  const { alg } = parse(header)
  const { aud, exp, sub } = parse(claims)
  const leftS = Number(exp) - Date.now() / 1000
  if (alg !== 'ES256' || aud !== origin || leftS <= 0 || leftS > dayS) throw new Error('claims that do not hold here')
  return String(sub)
}

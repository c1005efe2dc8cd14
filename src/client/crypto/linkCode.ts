/** What two screens show when one device has let another in: the same digits, where nobody stood between the two. */

/** 25 digits are 83 bits: who stands between could try keys until fewer of them agree, for nothing here is committed to before. */
const digits = 25
const inGroup = 5

export const linkCode = async (parts: {
  readonly user: string
  /** The signature keys of the client that let in and of the one that came. */
  readonly giver: Uint8Array
  readonly newcomer: Uint8Array
  /** SHA-256 of the newcomer's certificate request. */
  readonly csrHash: Uint8Array
}): Promise<string> => {
  const user = new TextEncoder().encode(parts.user)
  const fields = [
    new TextEncoder().encode('mls-homeserver link code 1'),
    user,
    parts.giver,
    parts.newcomer,
    parts.csrHash,
  ]
  const bytes = fields.flatMap((field) => [field.length >> 8, field.length & 255, ...field])
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)))
  const value = hash.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n) % 10n ** BigInt(digits)
  const text = String(value).padStart(digits, '0')
  return (text.match(new RegExp(`.{${inGroup}}`, 'g')) ?? []).join(' ')
}

/** As a person types it. */
export const isSameCode = (typed: string, code: string): boolean =>
  typed.replaceAll(/[\s-]/g, '') === code.replaceAll(' ', '')

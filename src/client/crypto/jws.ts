/** Signed tokens in compact form (RFC 7515) with EdDSA (RFC 8037): assertions, approvals, and what is said between contacts. */
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { sign, verify } from './ed25519.js'

export type Claims = { readonly [name: string]: string | number }

export const signJws = async (seed: Uint8Array, header: Claims, claims: Claims): Promise<string> => {
  const content = `${encodeJson({ alg: 'EdDSA', ...header })}.${encodeJson(claims)}`
  return `${content}.${toBase64url(await sign(seed, new TextEncoder().encode(content)))}`
}

/** The claims, when the signature is this key's; undefined otherwise. */
export const openJws = async (
  publicKey: Uint8Array,
  token: string,
): Promise<{ readonly [name: string]: unknown } | undefined> => {
  const [header = '', claims = '', signature = '', ...more] = token.split('.')
  const bytes = fromBase64url(signature)
  if (more.length > 0 || bytes === undefined || decodeJson(header)?.['alg'] !== 'EdDSA') return undefined
  const isSigned = await verify(publicKey, new TextEncoder().encode(`${header}.${claims}`), bytes)
  return isSigned ? decodeJson(claims) : undefined
}

const encodeJson = (value: Claims): string => toBase64url(new TextEncoder().encode(JSON.stringify(value)))

const decodeJson = (part: string): { readonly [name: string]: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(fromBase64url(part)))
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

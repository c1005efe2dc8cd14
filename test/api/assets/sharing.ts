/** What people do with assets over HTTP: reserve, upload, download. */
import { createHash, randomBytes } from 'node:crypto'
import type { Answer } from '../groupHouse.js'
import type { RawOptions, RealHouse, Resident, ServedHere } from '../../faults/house.js'
import { bytesOf, digestOf } from './receiving.js'

type House = Pick<RealHouse<ServedHere>, 'ask'>

export type File = {
  readonly bytes: Buffer
  readonly capability: string
  readonly said: { readonly size: number; readonly digest: string; readonly capabilityHash: string }
}

export const fileOf = (size: number, seed = 1): File => {
  const bytes = bytesOf(size, seed)
  const capability = randomBytes(32)
  const capabilityHash = createHash('sha256').update(capability).digest('base64url')
  return {
    bytes,
    capability: capability.toString('base64url'),
    said: { size, digest: digestOf(bytes), capabilityHash },
  }
}

/** As Content-Digest has it. */
export const contentDigest = (bytes: Uint8Array): string =>
  `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`

export const pathOf = (asset: string): string => `/v1/assets/${encodeURIComponent(asset)}`

export const reserve = (house: House, by: Resident, file: File, more: object = {}, key?: string): Promise<Answer> =>
  house.ask(by, 'POST', '/v1/assets', { json: { ...file.said, ...more }, ...(key === undefined ? {} : { key }) })

export const reserved = async (house: House, by: Resident, file: File, more: object = {}): Promise<string> => {
  const { status, body } = await reserve(house, by, file, more)
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return String(body['asset'])
}

export const upload = (
  house: House,
  by: Resident,
  asset: string,
  bytes: Uint8Array,
  { headers, ...more }: RawOptions = {},
): Promise<Answer> =>
  house.ask(by, 'PUT', pathOf(asset), {
    mls: bytes,
    media: 'application/octet-stream',
    headers: { 'content-digest': contentDigest(bytes), ...headers },
    ...more,
  })

export const download = (
  house: House,
  by: Resident,
  asset: string,
  capability: string | undefined,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> =>
  house.ask(by, method, pathOf(asset), {
    headers: { ...(capability === undefined ? {} : { 'asset-capability': capability }), ...headers },
  })

/** Reserved and uploaded. */
export const shared = async (house: House, by: Resident, file: File, more: object = {}): Promise<string> => {
  const asset = await reserved(house, by, file, more)
  const { status, body } = await upload(house, by, asset, file.bytes)
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return asset
}

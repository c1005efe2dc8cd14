/** What whoever speaks tus does with an asset: begin, ask, bring, give up. */
import { request } from 'node:http'
import type { Answer } from '../groupHouse.js'
import type { RealHouse, Resident, ServedHere } from '../../faults/house.js'
import { pathOf } from './sharing.js'

type House = Pick<RealHouse<ServedHere>, 'ask'>
type Headers = Readonly<Record<string, string>>

export const tus = { 'tus-resumable': '1.0.0' }
export const tusPath = (asset: string): string => `${pathOf(asset)}/upload`

export const begin = (house: House, by: Resident, asset: string, size: number, more: Headers = {}): Promise<Answer> =>
  house.ask(by, 'POST', tusPath(asset), { headers: { ...tus, 'upload-length': String(size), ...more } })

export const bring = (
  house: House,
  by: Resident,
  asset: string,
  offset: number,
  bytes: Uint8Array,
  more: Headers = {},
): Promise<Answer> =>
  house.ask(by, 'PATCH', tusPath(asset), {
    mls: bytes,
    media: 'application/offset+octet-stream',
    headers: { ...tus, 'upload-offset': String(offset), ...more },
  })

export const howFar = (house: House, by: Resident, asset: string): Promise<Answer> =>
  house.ask(by, 'HEAD', tusPath(asset), { headers: tus })

export const giveUp = (house: House, by: Resident, asset: string): Promise<Answer> =>
  house.ask(by, 'DELETE', tusPath(asset), { headers: tus })

/** Begins to bring bytes that never end: `sent` resolves once they are out, `over` when the connection is. */
export const bringHalf = (url: string, by: Resident, asset: string, offset: number, bytes: Uint8Array) => {
  const asked = request(url + tusPath(asset), {
    method: 'PATCH',
    agent: false,
    headers: {
      ...tus,
      authorization: `Bearer ${by.token}`,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
      'transfer-encoding': 'chunked',
    },
  })
  const over = new Promise<void>((resolve) => asked.once('close', resolve))
  asked.on('error', () => undefined)
  const sent = new Promise<void>((resolve) =>
    asked.write(bytes, () => {
      resolve()
    }),
  )
  return { sent, over, cut: () => void asked.destroy() }
}

/** Bytes of assets that the process made durable since its start. */
export const durableAt = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^mls_homeserver_asset_bytes_received_total (\d+)$/m.exec(text)?.[1] ?? 0)
}

/**
 * What stands in a frank's place with a message of another server's group: the id of the fact that it is at its hub. It proves nothing and is
 * no secret; by it the hub finds its own frank again (docs/decisions/0024).
 */
import { toBase64url } from '../mls/bytes/base64url.js'

/** Of no frank: those count from 1. */
const version = 0
/** As long as a frank. */
const nameBytes = 33
const idBytes = 16

/** base64url; undefined where the id is no UUID. */
export const nameOfFact = (id: string | undefined): string | undefined => {
  if (id === undefined || !uuid.test(id)) return undefined
  const name = new Uint8Array(nameBytes)
  name[0] = version
  name.set(Buffer.from(id.replaceAll('-', ''), 'hex'), 1)
  return toBase64url(name)
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Undefined where it is no name of a fact. */
export const factNamed = (name: Uint8Array): string | undefined => {
  if (name.length !== nameBytes || name[0] !== version || name.subarray(1 + idBytes).some((byte) => byte !== 0))
    return undefined
  const hex = Buffer.from(name.subarray(1, 1 + idBytes)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

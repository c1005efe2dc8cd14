/** What one user writes to another beside a word on consent: an extension of ours. It is sealed to the clients of whom it is for. */
import type { AppDataDictionary } from './wire/appDataDictionary.js'

/** Of the range for private use. */
const componentId = 0xf0c3

/** base64url, as the facts have it; undefined: nothing is written. */
export const letterExtension = (ciphertext: string | undefined): AppDataDictionary =>
  ciphertext === undefined ? [] : [{ componentId, data: new Uint8Array(Buffer.from(ciphertext, 'base64url')) }]

export const letterIn = (extensions: AppDataDictionary): Uint8Array | undefined =>
  extensions.find((one) => one.componentId === componentId)?.data

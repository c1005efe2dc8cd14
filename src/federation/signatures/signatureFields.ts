/** Signature and Signature-Input (RFC 9421 §4): ours among all there may be, proxies' too. */
import { parseDictionary, ParseError, serializeDictionary } from 'structured-headers'
import type { Dictionary, Item, Parameters } from 'structured-headers'
import { coverage } from './signatureBase.js'
import { tag } from './stamp.js'

export type SignatureFields = { readonly signatureInput: string; readonly signature: string }
type FieldsAsSent = { readonly [Field in keyof SignatureFields]?: string | undefined }
export type FoundSignature = {
  readonly names: readonly Item[]
  readonly parameters: Parameters
  readonly signature: Uint8Array
}

const label = 'hs'
/** Of either field: other signatures may stand beside ours. */
const fieldBytesMax = 4_096
const ed25519Bytes = 64

export const writeSignature = (
  names: readonly Item[],
  parameters: Parameters,
  signature: Uint8Array,
): SignatureFields => ({
  signatureInput: serializeDictionary(new Map([[label, coverage(names, parameters)]])),
  signature: serializeDictionary(new Map([[label, [new Uint8Array(signature), new Map()]]])),
})

/** The one signature with our tag; undefined where there is none, or more than one, or the fields are not well formed. */
export const findSignature = ({ signatureInput, signature }: FieldsAsSent): FoundSignature | undefined => {
  const [inputs, signatures] = [read(signatureInput), read(signature)]
  const ours = [...(inputs ?? [])].filter(([, [, parameters]]) => parameters.get('tag') === tag)
  const [found] = ours
  if (found === undefined || ours.length !== 1) return undefined
  const [name, [names, parameters]] = found
  const bytes = signatures?.get(name)?.[0]
  if (!Array.isArray(names) || !(bytes instanceof ArrayBuffer) || bytes.byteLength !== ed25519Bytes) return undefined
  return { names, parameters, signature: new Uint8Array(bytes) }
}

const read = (field: string | undefined): Dictionary | undefined => {
  if (field === undefined || field.length > fieldBytesMax) return undefined
  try {
    return parseDictionary(field)
  } catch (error) {
    if (error instanceof ParseError) return undefined
    throw error
  }
}

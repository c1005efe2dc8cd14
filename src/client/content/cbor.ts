/** CBOR of others (RFC 8949), deterministic (§4.2.1) and within bounds; and our own, likewise. */
import { decode, encode, rfc8949EncodeOptions, Tagged, Token, Tokenizer, Type, type DecodeOptions } from 'cborg'
import { Malformed } from './malformed.js'

/** The content, four nested parts and the three lists between them (draft-ietf-mimi-content-08 §6.3). */
const depthMax = 8
/** 1,024 external parts have some 15,400. */
const valuesMax = 20_000

const options: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
  // Every tag is kept: what an extension holds is not ours to judge.
  tags: new Proxy({}, { get: (_none, tag) => Tagged.decoder(Number(tag)) }),
}

/** Plain bytes: in Node the library gives Buffers, which records (JSON) do not keep as bytes. */
export const encodeCbor = (value: unknown): Uint8Array => new Uint8Array(encode(value, rfc8949EncodeOptions))

/** Throws Malformed. Arrays come as arrays, maps as Maps in the order of their bytes. */
export const decodeCbor = (bytes: Uint8Array): unknown => {
  try {
    return decode(bytes, { ...options, tokenizer: boundedTokenizer(bytes) })
  } catch (error) {
    throw new Malformed(error instanceof Error ? error.message : 'no CBOR')
  }
}

const boundedTokenizer = (bytes: Uint8Array): NonNullable<DecodeOptions['tokenizer']> => {
  // A view that is no Buffer: slices of a Buffer share its memory.
  const inner = new Tokenizer(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), options)
  /** How many values are still to come in each array, map or tag that is open. */
  const open: number[] = []
  let values = 0
  return {
    done: () => inner.done(),
    pos: () => inner.pos(),
    next: () => {
      const token = inner.next()
      if (++values > valuesMax) throw new Malformed(`more than ${valuesMax} values`)
      enter(open, childrenOf(token))
      return Type.equals(token.type, Type.string) ? exactText(token) : token
    },
  }
}

const enter = (open: number[], children: number): void => {
  const innermost = open.length - 1
  if (innermost >= 0) open[innermost] = (open[innermost] ?? 0) - 1
  if (children > 0) open.push(children)
  if (open.length > depthMax) throw new Malformed(`nested more than ${depthMax} deep`)
  while (open.at(-1) === 0) open.pop()
}

const childrenOf = ({ type, value }: Token): number => {
  if (Type.equals(type, Type.tag)) return 1
  if (Type.equals(type, Type.array)) return Number(value)
  return Type.equals(type, Type.map) ? 2 * Number(value) : 0
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The library repairs what is no UTF-8, and drops byte order marks. */
const exactText = (token: Token): Token =>
  token.byteValue === undefined ? token : new Token(Type.string, utf8.decode(token.byteValue), token.encodedLength)

/** The text that a signature of an HTTP message covers (RFC 9421 §2.5). Pure. */
import { serializeInnerList, serializeItem } from 'structured-headers'
import type { BareItem, InnerList, Item, Parameters } from 'structured-headers'

/** A component and its value, already in the form of RFC 9421 §2. */
export type Component = { readonly name: Item; readonly value: string }

/** The components that are covered, in their order, as they stand in Signature-Input. */
export const coverage = (names: readonly Item[], parameters: Parameters): InnerList => [[...names], parameters]

/** Undefined where a value could pretend to be lines of its own (§2.5, §7.5.6): nothing is signed or verified over it. */
export const signatureBase = (components: readonly Component[], parameters: Parameters): Uint8Array | undefined => {
  if (!components.every(({ value }) => printable.test(value))) return undefined
  const lines = components.map(({ name, value }) => `${serializeItem(name)}: ${value}`)
  const names = components.map(({ name }) => name)
  return new TextEncoder().encode(
    [...lines, `"@signature-params": ${serializeInnerList(coverage(names, parameters))}`].join('\n'),
  )
}

const printable = /^[\t -~]*$/

/** A component by its name alone. */
export const plain = (name: string): Item => [name, new Map<string, BareItem>()]

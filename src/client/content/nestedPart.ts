/** The body of a content, which may hold others (draft-ietf-mimi-content-08 §4.4). */
import { type Attachment, externalFields, externalFromFields, externalToFields } from './externalPart.js'
import { arrayIn, bytesIn, textIn, uintIn } from './fields.js'
import { Malformed } from './malformed.js'

const dispositions = [
  'unspecified',
  'render',
  'reaction',
  'profile',
  'inline',
  'icon',
  'attachment',
  'session',
  'preview',
] as const
const semantics = ['chooseOne', 'singleUnit', 'processAll'] as const

/** What a part is meant for. One that is not known is to be rendered. */
export type Disposition = (typeof dispositions)[number]
/** Pick one of the parts, take all of them as one thing or none, or take as many as can be. */
export type PartSemantics = (typeof semantics)[number]

/** `language`: tags of RFC 5646 with commas between, or nothing. */
export type NestedPart = { readonly disposition: Disposition; readonly language: string } & Cardinality

type Cardinality =
  | { readonly kind: 'null' }
  | { readonly kind: 'single'; readonly contentType: string; readonly content: Uint8Array }
  | { readonly kind: 'external'; readonly attachment: Attachment }
  | { readonly kind: 'multi'; readonly semantics: PartSemantics; readonly parts: readonly NestedPart[] }

const partsMax = 1024
const dispositionMax = 255

export const partToFields = (part: NestedPart): readonly unknown[] => [
  dispositions.indexOf(part.disposition),
  part.language,
  ...cardinalityToFields(part),
]

const cardinalityToFields = (part: NestedPart): readonly unknown[] => {
  switch (part.kind) {
    case 'null':
      return [0]
    case 'single':
      return [1, part.contentType, part.content]
    case 'external':
      return [2, ...externalToFields(part.attachment)]
    case 'multi':
      return [3, semantics.indexOf(part.semantics), part.parts.map(partToFields)]
  }
}

/** Throws Malformed. How deep parts are nested is bounded where the bytes are read. */
export const partFromFields = (value: unknown): NestedPart => readPart(value, { parts: 0 })

type Seen = { parts: number }

const readPart = (value: unknown, seen: Seen): NestedPart => {
  if (++seen.parts > partsMax) throw new Malformed(`more than ${partsMax} parts`)
  const [disposition, language, cardinality, ...rest] = arrayIn(value, 'part')
  const known = dispositions[uintIn(disposition, dispositionMax, 'disposition')]
  return {
    disposition: known ?? 'render',
    language: textIn(language, 'language'),
    ...readCardinality(cardinality, rest, seen),
  }
}

const readCardinality = (cardinality: unknown, rest: readonly unknown[], seen: Seen): Cardinality => {
  switch (cardinality) {
    case 0:
      expectLength(rest, 0)
      return { kind: 'null' }
    case 1:
      expectLength(rest, 2)
      return { kind: 'single', contentType: textIn(rest[0], 'contentType'), content: bytesIn(rest[1], 'content') }
    case 2:
      expectLength(rest, externalFields)
      return { kind: 'external', attachment: externalFromFields(rest) }
    case 3:
      expectLength(rest, 2)
      return { kind: 'multi', ...readParts(rest, seen) }
    default:
      throw new Malformed('a part of an unknown cardinality')
  }
}

const readParts = (
  [how, list]: readonly unknown[],
  seen: Seen,
): { readonly semantics: PartSemantics; readonly parts: readonly NestedPart[] } => {
  const known = semantics[uintIn(how, semantics.length - 1, 'partSemantics')]
  const parts = arrayIn(list, 'parts')
  if (known === undefined || parts.length < 2) throw new Malformed('fewer than two parts')
  return { semantics: known, parts: parts.map((part) => readPart(part, seen)) }
}

const expectLength = (rest: readonly unknown[], length: number): void => {
  if (rest.length !== length) throw new Malformed(`a part of ${rest.length + 3} fields instead of ${length + 3}`)
}

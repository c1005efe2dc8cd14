/** Bytes as nobody should send them, made of good ones by chance. */
import type { Seeded } from '../../ports/seeded.js'

type Mutation = (bytes: Uint8Array, random: Seeded) => Uint8Array

const anyBytes = (length: number, { integer }: Seeded): Uint8Array => Uint8Array.from({ length }, () => integer(256))
const placeIn = (bytes: Uint8Array, { integer }: Seeded): number => integer(bytes.length + 1)
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
const setAt = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const other = bytes.slice()
  other[at] = value
  return other
}

const mutations: readonly Mutation[] = [
  (bytes) => bytes,
  (_, random) => anyBytes(random.integer(2_000), random),
  (bytes, random) => bytes.slice(0, placeIn(bytes, random)),
  (bytes, random) => bytes.slice(placeIn(bytes, random)),
  (bytes, random) => joined(bytes, anyBytes(1 + random.integer(40), random)),
  (bytes, random) => {
    const at = random.integer(Math.max(1, bytes.length))
    return setAt(bytes, at, (bytes[at] ?? 0) ^ (1 << random.integer(8)))
  },
  // Lengths: of nothing, of more than there is, longer than need be, of the largest form, of none.
  (bytes, random) =>
    setAt(bytes, random.integer(Math.max(1, bytes.length)), random.pick([0, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff])),
  (bytes, random) => {
    const at = placeIn(bytes, random)
    return joined(bytes.slice(0, at), anyBytes(1 + random.integer(8), random), bytes.slice(at))
  },
  (bytes, random) => {
    const at = placeIn(bytes, random)
    return joined(bytes.slice(0, at), bytes.slice(at + 1 + random.integer(8)))
  },
  (bytes, random) => {
    const [one, other] = [placeIn(bytes, random), placeIn(bytes, random)].sort((a, b) => a - b) as [number, number]
    return joined(bytes.slice(0, other), bytes.slice(one, other), bytes.slice(other))
  },
  (bytes) => joined(bytes, bytes),
]

export const mutated = (bytes: Uint8Array, random: Seeded): Uint8Array => {
  const once = random.pick(mutations)(bytes, random)
  return random.integer(4) === 0 ? random.pick(mutations)(once, random) : once
}

/** Vectors of ids: what is one, of which kind, and what is none. */
import { domainOf, groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import { toHex } from './hex.js'
import { seededBytes } from './seededRandom.js'
import type { Town } from './town.js'

const kinds = ['user', 'client', 'group', 'queue', 'asset'] as const

export const idVectors = ({ domain }: Town) => ({
  description: 'Ids (docs/wire.md, Ids). `random` in hex. `invalid`: of no kind, each with what is wrong with it.',
  valid: kinds.map((kind) => {
    const random = seededBytes(`id ${kind}`, 16)
    const uri = makeId(kind, domain, random)
    return { kind, domain: domainOf(uri), random: toHex(random), uri }
  }),
  group: groupVector(domain),
  invalid: [
    { uri: 'mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAAB', wrong: 'bits beyond the 128 are not zero' },
    { uri: 'mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAAA==', wrong: 'padding' },
    { uri: 'mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAA', wrong: 'too short' },
    { uri: 'mimi://Example.org/u/AAAAAAAAAAAAAAAAAAAAAA', wrong: 'upper case in the domain' },
    { uri: 'mimi://example.org/x/AAAAAAAAAAAAAAAAAAAAAA', wrong: 'a kind that there is not' },
    { uri: 'mimi://example.org:0/u/AAAAAAAAAAAAAAAAAAAAAA', wrong: 'port 0' },
    { uri: 'mimi://-a.org/u/AAAAAAAAAAAAAAAAAAAAAA', wrong: 'a label that begins with a hyphen' },
    { uri: 'https://example.org/u/AAAAAAAAAAAAAAAAAAAAAA', wrong: 'another scheme' },
    { uri: 'mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAAA/', wrong: 'more behind it' },
  ],
})

const groupVector = (domain: Town['domain']) => {
  const uri = makeId('group', domain, seededBytes('group', 16))
  return { uri, mlsGroupId: toHex(groupIdBytes(uri)) }
}

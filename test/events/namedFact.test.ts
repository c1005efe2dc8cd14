/** What stands in a frank's place with a message of another server's group. */
import { expect } from 'chai'
import { factNamed, nameOfFact } from '#src/events/namedFact.js'
import { franksBy } from '#src/events/frank.js'
import { user } from '../commands/people.js'

const fact = '0b0f5c2e-9c2b-5d0e-8a55-8d2c3b7a1f10'
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(name, 'base64url'))

describe('the name of a fact at a hub', () => {
  it('is as long as a frank, and leads back to the fact', () => {
    const name = nameOfFact(fact)!
    expect(bytesOf(name)).to.have.length(33)
    expect(factNamed(bytesOf(name))).to.equal(fact)
  })

  it('is none of what is no UUID, and leads nowhere from what is no name', () => {
    for (const id of [undefined, '', 'x'.repeat(36), fact.toUpperCase()]) expect(nameOfFact(id)).to.equal(undefined)
    const name = bytesOf(nameOfFact(fact)!)
    for (const changed of [name.with(0, 1), name.with(32, 1), name.subarray(1), new Uint8Array()])
      expect(factNamed(changed)).to.equal(undefined)
  })

  it('is no frank', () => {
    const franks = franksBy([{ version: 1, key: new Uint8Array(32), notBefore: 0 }])
    const franked = { tag: new Uint8Array(32), sender: user(1), group: 'mimi://localhost/g/x' as never, at: 1 }
    expect(franks.holds(bytesOf(nameOfFact(fact)!), franked)).to.equal(false)
  })
})

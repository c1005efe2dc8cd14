/** Sockets counted by address: each address has its own room, and a closed socket makes room again. */
import { expect } from 'chai'
import { countSocketsPerAddress } from '#src/api/realtime/socketsPerAddress.js'

describe('sockets per address', () => {
  it('are full at the limit, for that address alone, until one closes', () => {
    const { add, remove, isFull } = countSocketsPerAddress({ websocketsPerAddressMax: 2 })
    add('a')
    expect(isFull('a')).to.equal(false)
    add('a')
    expect([isFull('a'), isFull('b')]).to.deep.equal([true, false])
    remove('a')
    expect(isFull('a')).to.equal(false)
    add('a')
    expect(isFull('a')).to.equal(true)
  })

  it('never count below none', () => {
    const { add, remove, isFull } = countSocketsPerAddress({ websocketsPerAddressMax: 1 })
    remove('a')
    add('a')
    expect(isFull('a')).to.equal(true)
  })
})

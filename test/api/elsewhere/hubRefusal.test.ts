/** What a hub refuses, as our own client is told. */
import { expect } from 'chai'
import { rejectionOfHub } from '#src/api/elsewhere/hubRefusal.js'
import { reject } from '#src/streams/rejection.js'

const asked = (refused: { readonly code: string; readonly [field: string]: unknown }) =>
  rejectionOfHub({ refused }, ['commit-missing-proposals', 'wrong-epoch', 'group-deleted'], 'commit')

describe('what a hub refuses', () => {
  it('is the same problem with its fields, and no others', () => {
    const missing = { code: 'commit-missing-proposals', refs: ['AA'], leaves: [1, 4] } as const
    expect(asked({ ...missing, token: 'x', requestId: 'y' })).to.deep.equal(reject(missing))
    expect(asked({ code: 'rate-limited', retryAfter: 7 })).to.deep.equal(
      reject({ code: 'rate-limited', retryAfter: 7 }),
    )
    expect(asked({ code: 'group-deleted' })).to.deep.equal(reject({ code: 'group-deleted' }))
  })

  it('is nothing that the route may not answer: a client would take it for its own server’s word', () => {
    for (const code of [
      'token-expired',
      'user-deleted',
      'cursor-expired',
      'internal',
      'nonsense',
      '__proto__',
      'toString',
    ])
      expect(asked({ code })).to.deep.equal(reject({ code: 'not-allowed', capability: 'commit' }))
  })

  it('is nothing whose fields are not of their form', () => {
    for (const fields of [{}, { refs: 'AA', leaves: [] }, { refs: [], leaves: ['one'] }])
      expect(asked({ code: 'commit-missing-proposals', ...fields })).to.deep.equal(
        reject({ code: 'not-allowed', capability: 'commit' }),
      )
  })
})

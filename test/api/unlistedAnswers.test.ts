/** What a route answers without saying so in its document fails the test it happens in: whoever checks that is checked here. */
import { expect } from 'chai'
import { takeFaults } from '../support/openapiCheck.js'
import { startToy } from './toyServer.js'
import type { Toy } from './toyServer.js'

describe('an answer that the document does not promise', () => {
  let toy: Toy
  before(async () => {
    toy = await startToy({ documented: true })
  })
  after(() => toy.close())

  const faultsOf = async (how: string): Promise<readonly string[]> => {
    await fetch(`${toy.url}/v1/fail/${how}`, { method: 'POST' })
    return takeFaults()
  }

  it('is a problem with a code that the route does not list, whatever its status', async () => {
    expect(await faultsOf('unlisted')).to.have.length(1)
    expect((await faultsOf('unlisted'))[0]).to.include('409')
    // 403 is listed, for another code.
    expect((await faultsOf('unlistedLikeOthers'))[0]).to.include('403')
  })

  it('is a bug, which every document lists', async () => {
    expect((await faultsOf('bug'))[0]).to.include('500')
  })

  it('is nothing else', async () => {
    for (const how of ['refused', 'store', 'disk', 'fine']) expect(await faultsOf(how), how).to.deep.equal([])
  })
})

/** docs/production.md, Keys, as it stands there: every key is followed by another while people talk, and nobody notices. */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { homeserver } from '../cli/keys/house.js'
import { runCli } from '../cli/runCli.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

const OPERATOR_TOKEN = 'hs_op_OperatorOfEveryHouse0123456789'

describe('Keys that follow one another', () => {
  let house: House
  let safe: string
  before(async () => {
    house = await openHouse({ OPERATOR_TOKEN })
    safe = await mkdtemp(join(tmpdir(), 'homeserver-safe-'))
  })
  after(async () => {
    await house.close()
    await rm(safe, { recursive: true, force: true })
  })

  /** In this process, but for one of each that page has: a start of Node takes a second and says no more. */
  const typed = async (...words: readonly string[]): Promise<string> => {
    const settings = { DATA_DIR: house.server.dataDir, OPERATOR_TOKEN }
    const inProcess = words.includes('list') || words.includes('sealing') || words.includes('push')
    const { code, out, said } = inProcess ? await homeserver(settings, ...words) : await runCli(words, settings)
    expect(code, said).to.equal(0)
    return out
  }
  const states = async (): Promise<readonly string[]> => {
    const { keys } = JSON.parse(await typed('keys', 'list', '--json')) as {
      readonly keys: readonly { readonly name: string; readonly state: string }[]
    }
    return keys.map(({ name, state }) => `${name} ${state}`)
  }

  it('carry people through every rotation, a root’s among them, and a kill -9 after it', async function () {
    if (process.env['SCENARIOS_MONGOD'] !== undefined) this.skip()
    const [alice, bob] = await Promise.all([house.register('alice'), house.register('bob')])
    const group = await groupOf(alice, bob)
    const heard = async (from: Player, to: Player, text: string, at = group): Promise<void> => {
      await groupAt(from, at).send(text)
      await to.untilText(text)
    }
    await heard(alice, bob, 'before')
    await typed('keys', 'root', 'successor', join(safe, 'next-root'))
    const rootKey = join(safe, 'root.key')
    await rename(join(house.server.dataDir, 'keys', 'server', 'root.key'), rootKey)
    for (const kind of ['token', 'sealing', 'push']) await typed('keys', 'rotate', kind, '--why', 'yearly')
    await typed('keys', 'rotate', 'intermediate', '--why', 'yearly', '--root-key', rootKey)
    await heard(bob, alice, 'after')
    await typed('keys', 'rotate', 'token', '--at-once', '--why', 'lost')
    await heard(alice, bob, 'with other tokens')

    await house.server.crash()
    await house.server.restart()
    expect(await states()).to.deep.equal([
      ...['root-1 current', 'handle-1 current', 'token-1 retired', 'token-2 retired', 'token-3 current'],
      ...['sealing-1 accepted', 'sealing-2 current', 'intermediate-1 accepted', 'intermediate-2 current'],
      ...['push-1 accepted', 'push-2 current', 'federation-1 current'],
    ])
    await heard(bob, alice, 'after a crash')
    // Whoever comes now is vouched for by the next intermediate, and sealed under the next key.
    const carol = await house.register('carol')
    await groupAt(alice, group).invite((await alice.client.findUser(carol.handle))!)
    await carol.until(() => carol.client.groups().some(({ id }) => id === group.id))
    await heard(carol, alice, 'from a newcomer')
    await heard(alice, carol, 'to a newcomer')
  })
})

/** README's curl lines run as they stand: against a real server, with MLS objects of a real group. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { reserved } from '../api/groupPeople.js'
import { add, commitOf, groupInfoOf, keyPackageOf, messageOf, newGroup, publishable } from '../commands/mlsFixture.js'
import { openHouse } from '../faults/house.js'
import type { RealHouse } from '../faults/house.js'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8')

/** The lines of the block that posts MLS objects. */
const lines = (/```sh\n(auth=[^`]*)```/.exec(readme)?.[1] ?? '').split('\n').filter((line) => line !== '')

describe('README’s curl lines', () => {
  let house: RealHouse
  let directory: string
  before(async () => {
    house = await openHouse()
    directory = await mkdtemp(join(tmpdir(), 'homeserver-readme-'))
  })
  after(async () => {
    await house.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('publish, claim, create a group, commit, send and fetch', async function () {
    const tools = await Promise.all(['bash', 'curl'].map((tool) => run('which', [tool]))).catch(() => undefined)
    if (tools === undefined) {
      console.log('      skipped: bash or curl is not here')
      this.skip()
    }
    const { world } = house.door
    const [alice, bob] = [await house.register(), await house.register()]
    const ofBob = await keyPackageOf(world, bob)
    const published = [await publishable(world, bob), await publishable(world, bob, true)]
    const posted = await house.ask(bob, 'POST', '/v1/keyPackages', { mls: Buffer.concat(published) })
    expect(posted.status).to.equal(201)
    const group = await reserved(house.door, alice)
    const begun = await newGroup(world, alice, group)
    const made = await commitOf(begun, [add(ofBob)])
    const ofAlice = [await publishable(world, alice), await publishable(world, alice, true)]
    const files: readonly (readonly [string, Uint8Array])[] = [
      ['keyPackages.mls', Buffer.concat(ofAlice)],
      ['commit-welcome-groupInfo.mls', Buffer.concat([made.commit, made.welcome!, made.groupInfo])],
      ['message.mls', (await messageOf(made.state, 'Hello Bob!')).message],
    ]
    for (const [name, bytes] of files) await writeFile(join(directory, name), bytes)
    const env = {
      PATH: process.env['PATH'],
      url: house.server.url,
      token: alice.token,
      bob: encodeURIComponent(bob.user),
      group: encodeURIComponent(group),
      groupInfo: Buffer.from(await groupInfoOf(begun)).toString('base64url'),
      queue: encodeURIComponent(bob.queue),
      queueToken: bob.queueToken,
    }
    /** curl itself, but a refusal is an error and the progress is not shown. */
    const strict = 'set -e; curl() { command curl -sS --fail-with-body "$@"; echo; }'
    const { stdout } = await run('bash', ['-c', [strict, ...lines].join('\n')], { cwd: directory, env })
    const answers = stdout.trimEnd().split('\n')
    expect(answers).to.have.length(lines.filter((line) => line.startsWith('curl ')).length)
    const { items } = JSON.parse(answers.at(-1)!) as { readonly items: readonly { readonly type: string }[] }
    expect(items.map(({ type }) => type)).to.deep.equal(['welcome', 'message'])
  })
})

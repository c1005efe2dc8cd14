/** `homeserver reports …` and what `groups …` tells and does of faults, beside a server. */
import { expect } from 'chai'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { encodeContent } from '#src/client/content/mimiContent.js'
import { newMessage } from '#src/client/content/newContent.js'
import { at } from '../api/groupPeople.js'
import { complaintOf, sentBy, tagOf } from '../api/reporting.js'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import { forging, gathered } from '../faults/forgers.js'
import { runCli } from './runCli.js'
import type { Ran } from './runCli.js'

const OPERATOR_TOKEN = 'hs_op_PlantedOperatorToken0123456789'
const when = '\\d{4}-\\S{18}Z'

describe('homeserver reports and groups', () => {
  let house: ComposedServer
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN })
  })
  after(() => house.close())
  const run = (...args: readonly string[]): Promise<Ran> =>
    runCli([...args, '--url', house.operatorUrl], { OPERATOR_TOKEN })

  it('list, show and close reports, and move no terminal by what somebody wrote', async () => {
    const [alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const { group, mls } = await gathered(house, [alice, bob])
    const salt = new Uint8Array(16).fill(7)
    const content = encodeContent({ ...newMessage('you \u001b[2J\u009bfool'), salt, extensions: new Map() })
    const said = { content, salt, tag: tagOf(salt, content) }
    const shown = await sentBy(house, alice, { group, epoch: mls.epoch, said, to: bob })
    const json = { ...complaintOf(said, shown, { group, accused: alice.user }), note: 'each\u001b[2Jnight' }
    const id = String((await house.ask(bob, 'POST', '/v1/reports', { json })).body['report'])
    const line = `${id} ${when} harassment ${alice.user} in ${group} by ${bob.user}`
    expect((await run('reports', 'list')).out).to.match(new RegExp(`^${line}$`))
    const { out } = await run('reports', 'show', id, '--why', 'review')
    const escaped = ['note "each\\u001b[2Jnight"', `said ${new Date(shown.at).toISOString()} "you \\u001b[2J?fool"`]
    expect(out.split('\n').slice(1)).to.deep.equal(escaped)
    expect(await run('reports', 'close', id, '--why', 'x')).to.have.property('code', 64)
    expect((await run('reports', 'close', id, '--outcome', 'acted', '--why', 'disabled')).out).to.equal(`closed ${id}`)
    expect((await run('reports', 'list')).out).to.equal('')
    expect((await run('reports', 'list', '--status', 'closed')).out).to.match(new RegExp(`^${line} acted ${when}$`))
    const acts = (await run('operators', 'log')).out.split('\n')
    expect(acts.map((act) => act.split(' ').slice(2).join(' '))).to.deep.equal([
      `operator closeReport ${id} acted "disabled"`,
      `operator lookAtReport ${id} "review"`,
    ])
    expect(toBase64url(content)).to.equal(json.content)
  })

  it('list the groups of which faults were reported, and give one up', async () => {
    const [alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const { group } = await gathered(house, [alice, bob])
    await gathered(house, [alice, bob])
    const { body } = await house.ask(bob, 'POST', at(group, '/faults'), { json: { epoch: '1' } })
    await house.ask(bob, 'GET', `/v1/users/me?atLeast=${String(body['position'])}`)
    const faulty = await run('groups', 'list', '--faults')
    expect(faulty.out).to.match(new RegExp(`^${group} active .* faults 1 last ${when} ${when}$`))
    expect((await run('groups', 'reset', group, '--why', 'nobody follows')).out).to.equal(`reset ${group}`)
    await house.ask(bob, 'GET', '/v1/users/me')
    expect((await run('groups', 'reset', group, '--why', 'x')).said).to.contain('refused (group-deleted)')
  })
})

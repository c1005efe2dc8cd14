/** The configuration: what wins, and every problem at once. */
import { expect } from 'chai'
import { readConfig } from '#src/compose/config.js'
import type { Config } from '#src/compose/config.js'

const configOf = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Config => {
  const read = readConfig(args, environment)
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  return read.config
}
const problemsOf = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): readonly string[] => {
  const read = readConfig(args, environment)
  return 'problems' in read ? read.problems : []
}

describe('the configuration', () => {
  it('needs nothing', () => {
    expect(configOf([])).to.include({ host: '127.0.0.1', port: 8080, domain: 'localhost', eventStoreUrl: undefined })
    expect(configOf([]).keysDir).to.equal(`${configOf([]).dataDir}/keys`)
  })

  it('takes a flag before the environment, and an empty variable for none', () => {
    expect(configOf(['--port', '1'], { PORT: '2' }).port).to.equal(1)
    expect(configOf(['--port=3'], { HOST: '' }).port).to.equal(3)
  })

  it('lists every problem', () => {
    const found = problemsOf(['--porte', '1'], {
      PORT: 'x',
      DOMAIN: 'UPPER',
      LIMITS: '{"nothing":1}',
      LOG_LEVEL: 'loud',
    })
    expect(found).to.have.length(5)
  })

  it('takes addresses and networks for trusted proxies, nothing else, and one of two headers', () => {
    for (const proxies of ['192.0.2.1', ' 10.0.0.0/8 , 2001:db8::/32,', '::1', ''])
      expect(problemsOf([], { TRUSTED_PROXIES: proxies, TRUSTED_PROXY_HEADER: 'Forwarded' }), proxies).to.deep.equal([])
    for (const proxies of ['nginx', '10.0.0.0/33', '192.0.2.1:80', '192.0.2.1 10.0.0.1', '10.*'])
      expect(problemsOf([], { TRUSTED_PROXIES: `192.0.2.1,${proxies}` }).join(), proxies).to.contain('TRUSTED_PROXIES')
    expect(problemsOf([], { TRUSTED_PROXY_HEADER: 'x-real-ip' }).join()).to.contain('TRUSTED_PROXY_HEADER')
  })

  it('lets whoever may send faster command as fast, unless commands are given', () => {
    const commands = (limits: object): unknown =>
      configOf([], { LIMITS: JSON.stringify(limits) }).rates.commandsPerClient
    expect(commands({})).to.deep.equal({ burst: 60, everyMs: 1_000 })
    expect(commands({ sendsPerClient: { burst: 5, everyMs: 9_000 } })).to.deep.equal({ burst: 60, everyMs: 1_000 })
    expect(commands({ sendsPerClient: { burst: 500, everyMs: 10 } })).to.deep.equal({ burst: 500, everyMs: 10 })
    const both = { sendsPerClient: 'off', commandsPerClient: { burst: 3, everyMs: 1 } }
    expect(commands(both)).to.deep.equal(both.commandsPerClient)
  })

  it('changes limits and rates by name, and turns the rates off', () => {
    const config = configOf([], { LIMITS: '{"queueMessagesMax":10,"sendsPerClient":"off"}' })
    expect(config.limits.queueMessagesMax).to.equal(10)
    expect(config.rates.sendsPerClient).to.equal('off')
    expect(config.rates.commandsPerClient).to.equal('off')
    expect(new Set(Object.values(configOf([], { LIMITS: 'off' }).rates))).to.deep.equal(new Set(['off']))
  })
})

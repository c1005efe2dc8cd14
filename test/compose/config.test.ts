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

  it('changes limits and rates by name, and turns the rates off', () => {
    const config = configOf([], { LIMITS: '{"queueMessagesMax":10,"sendsPerClient":"off"}' })
    expect(config.limits.queueMessagesMax).to.equal(10)
    expect(config.rates.sendsPerClient).to.equal('off')
    expect(new Set(Object.values(configOf([], { LIMITS: 'off' }).rates))).to.deep.equal(new Set(['off']))
  })
})

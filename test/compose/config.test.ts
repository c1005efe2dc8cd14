/** The configuration: what wins, what is normalised, and every problem at once. */
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readArguments } from '#src/compose/settings/arguments.js'
import { readConfig } from '#src/compose/settings/config.js'
import type { Config } from '#src/compose/settings/config.js'

const read = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  readConfig(readArguments(args), environment)
const configOf = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Config => {
  const answer = read(args, environment)
  if ('problems' in answer) throw new Error(answer.problems.join('\n'))
  return answer.config
}
const problemsOf = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): readonly string[] => {
  const answer = read(args, environment)
  return 'problems' in answer ? answer.problems : []
}
const warningsOf = (environment: NodeJS.ProcessEnv): readonly string[] => {
  const answer = read([], environment)
  return 'warnings' in answer ? answer.warnings : answer.problems
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

  it('takes the environment before the file, and numbers and objects in the file as themselves', () => {
    const directory = mkdtempSync(join(tmpdir(), 'homeserver-config-'))
    const file = join(directory, 'settings.json')
    writeFileSync(file, JSON.stringify({ PORT: 4, DOMAIN: 'file.example', LIMITS: { fetchPageMax: 7 } }))
    const config = configOf(['--config', file], { DOMAIN: 'environment.example' })
    expect([config.port, config.domain, config.limits.fetchPageMax]).to.deep.equal([4, 'environment.example', 7])
    writeFileSync(file, JSON.stringify({ PROT: 4, 'no such': 1 }))
    expect(problemsOf(['--config', file])).to.deep.equal([
      `${file}: PROT is not a setting (is PORT meant?)`,
      `${file}: no such is not a setting`,
    ])
    rmSync(directory, { recursive: true })
  })

  it('names other servers, each once, and where some of them are', () => {
    const FEDERATION_PEERS = 'c.example:8443, b.example=http://127.0.0.1:9002,,d.example=https://[::1]:9003'
    expect(configOf([], { FEDERATION: 'allow', FEDERATION_PEERS }).federation).to.deep.equal({
      mode: 'allow',
      peers: new Map([
        ['c.example:8443', undefined],
        ['b.example', 'http://127.0.0.1:9002'],
        ['d.example', 'https://[::1]:9003'],
      ]),
    })
    expect(configOf([]).federation).to.deep.equal({ mode: 'off', peers: new Map() })
    const bad = [
      'B.example',
      'b.example=',
      'b.example=127.0.0.1',
      'b.example=http://127.0.0.1:9002/',
      'b.example=http://u@h',
      'b.example=ftp://h',
      'b.example,b.example',
    ]
    for (const peers of bad)
      expect(problemsOf([], { FEDERATION: 'open', FEDERATION_PEERS: peers }).join(), peers).to.match(
        /^FEDERATION_PEERS must be domains/,
      )
  })

  it('federates only where other servers can be told where it is, and sign for it', () => {
    const problems = (environment: NodeJS.ProcessEnv) => problemsOf([], { FEDERATION: 'open', ...environment })
    expect(problems({})).to.deep.equal([])
    expect(problems({ HOST: '0.0.0.0', PUBLIC_URL: 'https://a.example/' })).to.deep.equal([])
    expect(problems({ HOST: '0.0.0.0' })).to.deep.equal([
      'FEDERATION needs PUBLIC_URL: it tells other servers where this one is',
    ])
    expect(problems({ PUBLIC_URL: 'https://a.example/chat' })).to.deep.equal([
      'FEDERATION needs a PUBLIC_URL without a path',
    ])
    expect(problems({ FEDERATION: 'off', FEDERATION_PEERS: 'b.example' })).to.deep.equal([
      'FEDERATION_PEERS is set, and FEDERATION is off',
    ])
  })

  it('asks other servers for certificates only where there is everything that this needs', () => {
    const whole = {
      ...{ FEDERATION: 'open', TLS_CERT: 'c.pem', TLS_KEY: 'k.pem', FEDERATION_CERT: 'c.pem', FEDERATION_KEY: 'k.pem' },
      ...{ FEDERATION_CA: 'ca.pem', FEDERATION_PORT: '8449', FEDERATION_URL: 'https://a.example:8449' },
    }
    const without = (...names: readonly string[]) =>
      problemsOf([], Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name))))
    expect(configOf([], whole).federation.door).to.deep.equal({ port: 8449, url: 'https://a.example:8449' })
    expect(without()).to.deep.equal([])
    expect(without('FEDERATION_KEY')).to.deep.equal(['FEDERATION_CERT and FEDERATION_KEY are set together, or neither'])
    expect(without('TLS_CERT', 'TLS_KEY', 'FEDERATION_CA')).to.deep.equal([
      'FEDERATION_PORT needs TLS_CERT',
      'FEDERATION_PORT needs FEDERATION_CA',
    ])
    expect(without('FEDERATION_PORT')).to.deep.equal(['FEDERATION_URL is set, and FEDERATION_PORT is not'])
    expect(without('FEDERATION_PORT', 'FEDERATION_URL')).to.deep.equal([])
    for (const url of ['http://a.example:8449', 'https://a.example/peers'])
      expect(problemsOf([], { ...whole, FEDERATION_URL: url }), url).to.deep.equal([
        'FEDERATION_URL is https, without a path',
      ])
    expect(problemsOf([], { FEDERATION: 'off', FEDERATION_CA: 'ca.pem' })).to.deep.equal([
      'FEDERATION_CA is set, and FEDERATION is off',
    ])
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

  it('says what is wrong with flags, and goes on to the next', () => {
    expect(problemsOf(['--data-dri=x', '--what', 'ever', '--host', '--domain', '--help=yes', '--port'])).to.deep.equal([
      '--data-dri is not a setting (is --data-dir meant?): --help lists them',
      '--what is not a setting: --help lists them',
      '--host needs a value',
      '--help takes no value',
      '--port needs a value',
    ])
  })

  it('never repeats what may hold a secret', () => {
    const secrets = { OPERATOR_TOKEN: 'secret', EVENTSTORE_URL: 'http://u:secret@h', MONGODB_URL: 'secret' }
    const found = problemsOf([], secrets)
    expect(found).to.have.length(3)
    expect(found.join('\n')).to.not.include('secret')
  })

  it('changes limits and rates by name, and turns the rates off', () => {
    const config = configOf([], { LIMITS: '{"queueMessagesMax":10,"sendsPerClient":"off"}' })
    expect(config.limits.queueMessagesMax).to.equal(10)
    expect(config.rates.sendsPerClient).to.equal('off')
    expect(config.rates.commandsPerClient).to.equal('off')
    expect(new Set(Object.values(configOf([], { LIMITS: 'off' }).rates))).to.deep.equal(new Set(['off']))
    for (const wrong of ['{"queueMessagesMax":"10"}', '{"sendsPerClient":3}', '[]', '1', '{'])
      expect(problemsOf([], { LIMITS: wrong }), wrong).to.have.length(1)
  })

  it('keeps idle connections longer than a balancer where there is one, unless LIMITS says how long', () => {
    const proxy = { TRUSTED_PROXIES: '10.0.0.1' }
    expect(configOf([]).limits.keepAliveTimeoutMs).to.equal(5_000)
    expect(configOf([], proxy).limits.keepAliveTimeoutMs).to.equal(75_000)
    const limits = { ...proxy, LIMITS: '{"keepAliveTimeoutMs":9000}' }
    expect(configOf([], limits).limits.keepAliveTimeoutMs).to.equal(9_000)
  })

  const publicUrls: readonly (readonly [string, string | undefined])[] = [
    ['HTTPS://Chat.Example.org:443/', 'https://chat.example.org'],
    ['http://chat.example.org:80', 'http://chat.example.org'],
    ['https://chat.example.org:8443/mls//', 'https://chat.example.org:8443/mls'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['chat.example.org', undefined],
    ['https:chat.example.org', undefined],
    ['https://', undefined],
    ['ftp://chat.example.org', undefined],
    ['https://user:password@chat.example.org', undefined],
    ['https://chat.example.org?x=1', undefined],
    ['https://chat.example.org:99999', undefined],
    ['https://chat example.org', undefined],
  ]
  for (const [given, normalised] of publicUrls) {
    it(`${normalised === undefined ? 'refuses' : 'normalises'} PUBLIC_URL ${given}`, () => {
      if (normalised === undefined) expect(problemsOf([], { PUBLIC_URL: given })).to.have.length(1)
      else expect(configOf([], { PUBLIC_URL: given }).publicUrl).to.equal(normalised)
    })
  }

  it('wants the certificate and its key together', () => {
    expect(problemsOf([], { TLS_CERT: 'a.pem' })).to.deep.equal(['TLS_CERT and TLS_KEY are set together, or neither'])
    expect(problemsOf(['--tls-key', 'a.pem'])).to.have.length(1)
    expect(configOf([], { TLS_CERT: '/a', TLS_KEY: '/b' }).tls).to.deep.equal({ certFile: '/a', keyFile: '/b' })
  })

  it('takes S3 whole or not at all: a bucket first, its keys in pairs, the prefix with a slash behind', () => {
    expect(configOf([]).s3).to.equal(undefined)
    expect(configOf([], { S3_BUCKET: 'pictures' }).s3).to.deep.equal({
      bucket: 'pictures',
      prefix: 'assets/',
      endpoint: undefined,
      region: 'us-east-1',
      credentials: undefined,
      pathStyle: false,
    })
    const keys = { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'hidden' }
    const own = { S3_BUCKET: 'pictures', S3_ENDPOINT: 'http://127.0.0.1:7070', S3_PREFIX: 'a/b', ...keys }
    const { s3 } = configOf([], own)
    expect(s3?.credentials).to.deep.equal({ accessKeyId: 'id', secretAccessKey: 'hidden' })
    expect([s3?.prefix, s3?.pathStyle]).to.deep.equal(['a/b/', true])
    expect(configOf([], { ...own, S3_PATH_STYLE: 'off' }).s3?.pathStyle).to.equal(false)
    for (const alone of [keys, { S3_ENDPOINT: 'https://s3.example.org' }, { S3_PATH_STYLE: 'on' }])
      expect(problemsOf([], alone).join(), JSON.stringify(alone)).to.match(/is set, and S3_BUCKET is not/)
    expect(problemsOf([], { S3_BUCKET: 'pictures', S3_SECRET_ACCESS_KEY: 'hidden' })).to.deep.equal([
      'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are set together, or neither',
    ])
    for (const wrong of ['Pictures', 'a', '../x', 'a/b', 'x'.repeat(64)])
      expect(problemsOf([], { S3_BUCKET: wrong }), wrong).to.have.length(1)
    for (const wrong of ['/a', 'a//b', 'a b', 'a?'])
      expect(problemsOf([], { S3_BUCKET: 'pictures', S3_PREFIX: wrong }), wrong).to.have.length(1)
  })

  const misspellings: readonly (readonly [string, string])[] = [
    ['DATADIR', 'DATA_DIR'],
    ['data_dir', 'DATA_DIR'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['MONGO_URI', 'MONGODB_URL'],
    ['EVENT_STORE_URL', 'EVENTSTORE_URL'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['PROT', 'PORT'],
    ['DOMIAN', 'DOMAIN'],
    ['OPERATOR_TOKENS', 'OPERATOR_TOKEN'],
    ['LIMIT', 'LIMITS'],
    ['REGISTERATION', 'REGISTRATION'],
  ]
  for (const [given, meant] of misspellings) {
    it(`asks whether ${meant} is meant by ${given}`, () => {
      expect(warningsOf({ [given]: 'x' })).to.deep.equal([
        `${given} in the environment is not a setting: is ${meant} meant?`,
      ])
    })
  }

  it('is not troubled by what others put into the environment', () => {
    const others = ['PATH', 'HOME', 'HOSTNAME', 'PWD', 'TERM', 'SHLVL', 'LANG', 'MONGODB_PORT', 'EVENTSTORE_PORT']
    const given = Object.fromEntries([...others, 'NODE_ENV', 'LS_COLORS', 'LOGNAME', 'MAIL'].map((name) => [name, 'x']))
    expect(warningsOf(given)).to.deep.equal([])
  })
})

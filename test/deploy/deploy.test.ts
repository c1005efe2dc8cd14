/** The files that start the production servers agree with the program and with each other. */
import { expect } from 'chai'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readArguments } from '#src/compose/settings/arguments.js'
import { readConfig } from '#src/compose/settings/config.js'
import { settings } from '#src/compose/settings/settings.js'
import { bodyBytesMax } from '#src/federation/wire/limits.js'
import { limitDefaults } from '#src/limits/limits.js'
import { allocatorBounds, nodeFlags } from '../support/asStarted.js'
import { startServer } from '../support/startServer.js'

const root = new URL('../../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** The lines of a block, which are indented deeper than its first line. */
const block = (text: string, first: RegExp): string[] => {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => first.test(line))
  expect(start, String(first)).to.be.at.least(0)
  const indent = (line: string): number => line.length - line.trimStart().length
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => line.trim() !== '' && indent(line) <= indent(lines[start]!))
  return end < 0 ? rest : rest.slice(0, end)
}
const keys = (lines: readonly string[]): string[] => lines.flatMap((line) => /^\s+([A-Za-z_]+):/.exec(line)?.[1] ?? [])

describe('docker-compose.yml', () => {
  const compose = read('docker-compose.yml')

  it('gives the homeserver only settings that it knows, and what several processes need', () => {
    const given = keys(block(compose, /^ {2}environment: &homeserver-environment/))
    expect(given).to.include.members(['EVENTSTORE_URL', 'MONGODB_URL', 'KEYS_DIR', 'OPERATOR_TOKEN', 'PUBLIC_URL'])
    expect(given.filter((name) => !Object.hasOwn(settings, name))).to.deep.equal([])
  })

  it('starts an EventStoreDB of the 23.10 line with threads enough and no telemetry', () => {
    const service = block(compose, /^ {2}eventstore:/)
    expect(service.join('\n')).to.match(/image: eventstore\/eventstore:23\.10\./)
    expect(keys(service)).to.include.members([
      'DOTNET_ThreadPool_MinThreads',
      'DOTNET_ThreadPool_ForceMinWorkerThreads',
      'EVENTSTORE_TELEMETRY_OPTOUT',
    ])
  })

  it('checks the health of every server, and publishes none but the proxy', () => {
    for (const service of ['proxy', 'eventstore', 'mongo'])
      expect(keys(block(compose, new RegExp(`^  ${service}:`))), service).to.include('healthcheck')
    expect(keys(block(compose, /^x-homeserver:/))).to.include('healthcheck')
    expect(compose.match(/^ +ports:/gm)).to.have.length(1)
  })

  it('has no password in it', () => {
    for (const [, secret] of compose.matchAll(/(?:PASSWORD|TOKEN)[A-Z_]*: (.*)$/gm))
      expect(secret).to.match(/^\$\{[A-Z_]+:\?\}$/)
  })

  it('names the proxy that the homeserver trusts, and declares every volume that it mounts', () => {
    const proxy = /ipv4_address: (\S+)/.exec(compose)?.[1]
    expect(compose).to.include(`TRUSTED_PROXIES: ${proxy ?? 'none'}`)
    const declared = block(compose, /^volumes:/).map((line) => line.trim().replace(':', ''))
    for (const [, volume] of compose.matchAll(/^ +- ([a-z-]+):\//gm)) expect(declared).to.include(volume)
  })
})

describe('deploy/nginx.conf', () => {
  it('sends to every homeserver process of docker-compose.yml', () => {
    const upstreams = [...read('deploy/nginx.conf').matchAll(/server (\w+):8080/g)].map(([, name]) => name)
    const services = [...read('docker-compose.yml').matchAll(/^ {2}(homeserver\d+):$/gm)].map(([, name]) => name)
    expect(upstreams).to.deep.equal(services)
    expect(services).to.have.length(2)
  })
})

describe('deploy/nginx.conf and the limits', () => {
  const nginx = read('deploy/nginx.conf')

  it('lets the largest body through and little more', () => {
    const largest = Math.max(limitDefaults.mlsJsonBodyBytesMax, limitDefaults.mlsBodyBytesMax)
    const [, mebibytes] = /client_max_body_size (\d+)m;/.exec(nginx)!
    expect(Number(mebibytes) * 1024 * 1024).to.be.within(largest, 2 * largest)
  })

  it('lets other servers bring as much as one of them may, and nothing of theirs be sent twice', () => {
    const federation = block(nginx, /^ {2}location \^~ \/federation\/ \{/).join('\n')
    const [, mebibytes] = /client_max_body_size (\d+)m;/.exec(federation)!
    expect(Number(mebibytes) * 1024 * 1024).to.be.within(bodyBytesMax, 2 * bodyBytesMax)
    expect(federation).to.include('proxy_next_upstream off;').and.include('proxy_pass http://homeserver;')
  })

  it('lets go of idle connections before the homeserver does', () => {
    const read = readConfig(readArguments([]), { TRUSTED_PROXIES: '172.31.99.10' })
    if ('problems' in read) throw new Error(read.problems.join())
    const [, seconds] = /keepalive_timeout (\d+)s;/.exec(nginx)!
    expect(Number(seconds) * 1000).to.be.below(read.config.limits.keepAliveTimeoutMs)
  })
})

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile')

  it('copies only what there is, and runs without rights on a Node that the package allows', () => {
    for (const [, paths] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
      for (const path of paths!.split(' ')) expect(existsSync(new URL(path, root)), path).to.equal(true)
    expect(dockerfile)
      .to.match(new RegExp(`^FROM node:${read('.nvmrc').trim()}-`, 'm'))
      .and.match(/^USER node$/m)
    expect(read('package.json')).to.include('"node": ">=20')
  })

  it('starts the program that npm start starts', () => {
    const command = ['node', ...nodeFlags, 'dist/main.js']
    expect(read('package.json')).to.include(command.join(' '))
    expect(dockerfile).to.include(`ENTRYPOINT ${JSON.stringify(command).replaceAll(',', ', ')}`)
    expect(read('docs/production.md')).to.include(command.join(' '))
  })

  it('sets the bounds of glibc as npm start, the documents and the soak do', () => {
    const bounds = Object.entries(allocatorBounds).map(([name, bytes]) => `${name}=${bytes}`)
    expect(bounds).to.have.length(2)
    for (const path of ['Dockerfile', 'package.json', 'docs/production.md'])
      expect(read(path)).to.include(bounds.join(' '))
  })
})

describe('the version', () => {
  const { version } = JSON.parse(read('package.json')) as { readonly version: string }

  it('is of the newest release in the changelog, which has a date, and of the lock file', () => {
    const [, newest, date] = /^## (\d+\.\d+\.\d+) – (\d{4}-\d\d-\d\d)$/m.exec(read('CHANGELOG.md')) ?? []
    expect(newest).to.equal(version)
    expect(Number.isNaN(Date.parse(date ?? ''))).to.equal(false)
    expect(read('CHANGELOG.md')).to.match(/^## Unreleased$/m)
    expect((JSON.parse(read('package-lock.json')) as { readonly version: string }).version).to.equal(version)
  })

  it('stands in package.json alone: no source repeats it', () => {
    const sources = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
    const repeating = sources.filter((name) => name.endsWith('.ts') && read(`src/${name}`).includes(`'${version}'`))
    expect(repeating).to.deep.equal([])
  })

  it('is what the server says of itself', async () => {
    const server = await startServer()
    try {
      const answer = await fetch(`${server.url}/openapi.json`)
      expect(((await answer.json()) as { readonly info: { readonly version: string } }).info.version).to.equal(version)
    } finally {
      await server.stop()
    }
  })
})

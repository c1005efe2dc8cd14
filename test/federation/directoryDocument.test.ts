/** The document by which a server is found: what is read of it, and what is not. */
import { expect } from 'chai'
import { expand, readDirectory, writeDirectory } from '#src/federation/peers/directoryDocument.js'
import { keptMs } from '#src/federation/peers/freshness.js'
import { parseDomain } from '#src/mls/wire/ids.js'

const key = { id: 'k1', publicKey: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs', notBefore: 1, notAfter: 2 }
const ours = { version: 1, domain: 'b.example', keys: [key], root: 'MIIB' }
const bytesOf = (document: unknown): Uint8Array => Buffer.from(JSON.stringify(document))

describe('a directory', () => {
  it('is written with the draft’s names, and ours beside them', () => {
    const written = writeDirectory({
      url: 'https://b.example',
      paths: { notify: '/federation/v1/notify/{roomId}' },
      extensionPaths: { backfill: '/federation/v1/backfill/{roomId}?from={from}' },
      domain: parseDomain('b.example')!,
      keys: [key],
      root: 'MIIB',
      rootStatements: [],
      extensions: ['backfill'],
    })
    expect(written).to.deep.equal({
      notify: 'https://b.example/federation/v1/notify/{roomId}',
      homeserver: {
        version: 1,
        domain: 'b.example',
        keys: [key],
        root: 'MIIB',
        rootStatements: [],
        extensions: ['backfill'],
        endpoints: { backfill: 'https://b.example/federation/v1/backfill/{roomId}?from={from}' },
      },
    })
    expect(readDirectory(bytesOf(written))).to.deep.equal({
      domain: 'b.example',
      keys: [key],
      root: 'MIIB',
      rootStatements: [],
      extensions: ['backfill'],
      endpoints: {
        notify: 'https://b.example/federation/v1/notify/{roomId}',
        backfill: 'https://b.example/federation/v1/backfill/{roomId}?from={from}',
      },
    })
  })

  it('of a server that knows more is read for what is known here', () => {
    const read = readDirectory(
      bytesOf({ notify: 'https://m.example/{roomId}', more: 7, homeserver: { ...ours, later: true } }),
    )
    expect(read?.endpoints).to.deep.equal({ notify: 'https://m.example/{roomId}' })
  })

  it('has no endpoint whose host is left open, or that is no web address', () => {
    const bad = [
      'https://{roomId}/x',
      'https://a{roomId}.example/x',
      'ftp://a.example/x',
      '/x',
      'https://a.example',
      'https://u@a.example/x',
      'https://a.example/ x',
      'javascript:x',
    ]
    for (const url of bad)
      expect(readDirectory(bytesOf({ notify: url, homeserver: ours }))?.endpoints, url).to.deep.equal({})
  })

  it('is none where it says no keys, no root, or nothing that is known', () => {
    const bad: readonly unknown[] = [
      {},
      [],
      null,
      7,
      { homeserver: {} },
      { homeserver: { ...ours, keys: [] } },
      { homeserver: { ...ours, root: '' } },
      { homeserver: { ...ours, domain: 'B.example' } },
      { homeserver: { ...ours, version: 2 } },
      { homeserver: { ...ours, keys: [{ ...key, publicKey: 'short' }] } },
      { homeserver: { ...ours, keys: Array.from({ length: 17 }, () => key) } },
    ]
    expect(bad.map((document) => readDirectory(bytesOf(document)))).to.deep.equal(bad.map(() => undefined))
    expect(readDirectory(Buffer.from('{'))).to.equal(undefined)
    expect(readDirectory(Uint8Array.of(0x22, 0xff, 0x22))).to.equal(undefined)
  })
})

describe('an endpoint', () => {
  it('has its parameters in the path, with nothing of their own', () => {
    expect(expand('https://b.example/{room}?q={q}', { room: 'mimi://a/g/x', q: 'a&b', other: 'x' })).to.equal(
      'https://b.example/mimi%3A%2F%2Fa%2Fg%2Fx?q=a%26b',
    )
    expect(expand('https://b.example/{room}', {})).to.equal(undefined)
    expect(expand('https://b.example/{constructor}', {})).to.equal(undefined)
  })
})

describe('an answer is kept', () => {
  it('as long as it says, within a minute and a day, and for an hour where it says nothing', () => {
    const minute = 60_000
    const said: readonly (readonly [Record<string, string>, number])[] = [
      [{}, 60 * minute],
      [{ 'cache-control': 'public, max-age=600' }, 10 * minute],
      [{ 'cache-control': 'max-age=600', age: '300' }, 5 * minute],
      [{ 'cache-control': 'MAX-AGE="600"' }, 10 * minute],
      [{ 'cache-control': 's-max-age=600' }, 60 * minute],
      [{ 'cache-control': 'max-age=0' }, minute],
      [{ 'cache-control': 'max-age=99999999' }, 24 * 60 * minute],
      [{ 'cache-control': 'no-store' }, minute],
      [{ 'cache-control': 'max-age=600, no-cache' }, minute],
      [{ 'cache-control': 'max-age=600', age: '99999' }, minute],
      [{ 'cache-control': 'nonsense', age: 'x' }, 60 * minute],
    ]
    for (const [headers, ms] of said) expect(keptMs(headers), JSON.stringify(headers)).to.equal(ms)
  })
})

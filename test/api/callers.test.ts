/** Whose address a request counts for: by bytes, from the trusted end, and nobody's invention. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { countedAs, parseAddress } from '#src/structures/address.js'
import { knowCallers } from '#src/api/http/address/callers.js'
import { isLocal } from '#src/api/http/address/local.js'
import { readProxies } from '#src/api/http/address/trustedProxies.js'
import type { ProxyHeader } from '#src/api/http/address/trustedProxies.js'

type From = { readonly peer: string; readonly headers?: IncomingMessage['headers']; readonly localPort?: number }
const asked = ({ peer, headers = {}, localPort = 8080 }: From): IncomingMessage => {
  const socket = Object.defineProperties(new Socket(), {
    remoteAddress: { value: peer },
    localPort: { value: localPort },
  })
  return Object.assign(new IncomingMessage(socket), { headers, url: '/' })
}

const callersBehind = (listed: readonly string[], header: ProxyHeader = 'x-forwarded-for') => {
  const warnings: string[] = []
  const proxies = readProxies(listed)
  if ('unknown' in proxies) throw new Error(proxies.unknown)
  const warn = (text: string): void => void warnings.push(text)
  return { ...knowCallers({ addresses: proxies.addresses, header }, { warn }), warnings }
}

describe('an address', () => {
  it('is its bytes, however it is written', () => {
    const same: readonly (readonly string[])[] = [
      [
        '198.51.100.9',
        '198.51.100.9:4000',
        '198.51.100.9:1',
        '::ffff:198.51.100.9',
        '[::ffff:c633:6409]:80',
        '::FFFF:198.51.100.9',
      ],
      [
        '2001:db8::7',
        '2001:0DB8:0:0::7',
        '[2001:db8::7]',
        '[2001:db8::7]:443',
        '[2001:db8::7]:_hidden',
        '2001:db8::7%eth0',
      ],
    ]
    for (const forms of same) {
      const read = forms.map((text) => parseAddress(text))
      for (const [n, address] of read.entries())
        expect(address, forms[n]).to.deep.equal(read[0]).and.not.equal(undefined)
    }
  })

  it('is nothing else that looks like one', () => {
    const not = [
      '',
      'unknown',
      '_hidden',
      'localhost',
      '198.51.100.9:4000x',
      '198.51.100.9:',
      '198.51.100.9:123456',
      '198.51.100',
    ]
    not.push('0x7f.0.0.1', '0177.0.0.1', '127.1', '2130706433', '198.51.100.256', '198.51.100.9/32', '[198.51.100.9]')
    not.push(
      '[2001:db8::7',
      '2001:db8::7]',
      '[2001:db8::7]x',
      '[2001:db8::7]:x',
      ':::',
      '198.51.100.9 ',
      '1.2.3.4,5.6.7.8',
    )
    for (const text of not) expect(parseAddress(text), text).to.equal(undefined)
  })

  it('counts as its /64 where it is IPv6, alone where it is IPv4', () => {
    const counted = (text: string): string => countedAs(parseAddress(text)!)
    expect(counted('2001:db8:1:2:aaaa::1')).to.equal(counted('[2001:db8:1:2:ffff:ffff:ffff:ffff]:9'))
    expect(counted('2001:db8:1:2::1')).to.not.equal(counted('2001:db8:1:3::1'))
    expect(counted('::ffff:198.51.100.9')).to.equal('198.51.100.9')
    expect(counted('198.51.100.9')).to.not.equal(counted('198.51.100.8'))
  })
})

describe('who asks', () => {
  const by = (callers: ReturnType<typeof callersBehind>, peer: string, name: string, value: string): string =>
    callers.addressOf(asked({ peer, headers: { [name]: value } }))

  it('is the peer, whatever it says, where nobody is trusted', () => {
    const callers = callersBehind([])
    for (const name of ['x-forwarded-for', 'forwarded'])
      expect(by(callers, '203.0.113.5', name, 'for=198.51.100.7')).to.equal('203.0.113.5')
  })

  it('is whom trusted proxies name, read from their end', () => {
    const callers = callersBehind(['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.1'])
    const cases: readonly (readonly [string, string, string])[] = [
      ['10.9.8.7', '198.51.100.7', '198.51.100.7'],
      ['10.9.8.7', '127.0.0.9, 198.51.100.7:4711', '198.51.100.7'],
      ['::ffff:10.9.8.7', '1.1.1.1, 198.51.100.7, 192.0.2.1, [2001:db8:ffff:1::2]:80', '198.51.100.7'],
      ['2001:db8:ffff::9', '2001:db8:1:2::3', '2001:db8:1:2::/64'],
      ['10.9.8.7', '10.1.1.1', '10.1.1.1'],
      ['10.9.8.7', '', '10.9.8.7'],
      ['192.0.2.2', '198.51.100.7', '192.0.2.2'],
    ]
    for (const [peer, value, wanted] of cases)
      expect(by(callers, peer, 'x-forwarded-for', value), value).to.equal(wanted)
  })

  it('is the proxy that names what is no address', () => {
    const callers = callersBehind(['10.0.0.1', '10.0.0.2'])
    for (const end of ['198.51.100.9:4000x', 'unknown', '_x', '"', '198.51.100.9:1:2', '1'])
      expect(by(callers, '10.0.0.1', 'x-forwarded-for', `198.51.100.7, ${end}`), end).to.equal('10.0.0.1')
    expect(by(callers, '10.0.0.1', 'x-forwarded-for', '198.51.100.7, x, 10.0.0.2')).to.equal('10.0.0.2')
  })

  it('is said by one family of headers, the one that is set', () => {
    const headers = { forwarded: 'for=198.51.100.7', 'x-forwarded-for': '127.0.0.9', 'x-real-ip': '127.0.0.8' }
    const request = asked({ peer: '10.0.0.1', headers })
    expect(callersBehind(['10.0.0.1'], 'forwarded').addressOf(request)).to.equal('198.51.100.7')
    expect(callersBehind(['10.0.0.1']).addressOf(request)).to.equal('127.0.0.9')
    const other = asked({ peer: '10.0.0.1', headers: { 'x-forwarded-for': '198.51.100.7' } })
    expect(callersBehind(['10.0.0.1'], 'forwarded').addressOf(other)).to.equal('10.0.0.1')
  })

  it('stands in Forwarded in each of its forms, and quotes left open hide nobody', () => {
    const callers = callersBehind(['10.0.0.1'], 'forwarded')
    const cases: readonly (readonly [string, string])[] = [
      ['for=198.51.100.7', '198.51.100.7'],
      ['proto=https;FOR="198.51.100.7:4711";by=203.0.113.1', '198.51.100.7'],
      ['for=1.1.1.1, for="[2001:db8:1:2::3]:4711"', '2001:db8:1:2::/64'],
      ['for="1.1.1.1, for=198.51.100.7', '198.51.100.7'],
      ['for=198.51.100.7;for=198.51.100.8', '10.0.0.1'],
      ['by=198.51.100.7', '10.0.0.1'],
      ['for=unknown', '10.0.0.1'],
    ]
    for (const [value, wanted] of cases) expect(by(callers, '10.0.0.1', 'forwarded', value), value).to.equal(wanted)
  })

  it('is limited by its address, except this machine, which is not, except as a proxy', () => {
    expect(callersBehind([]).limitedBy(asked({ peer: '127.0.0.9' }))).to.equal(undefined)
    expect(callersBehind([]).limitedBy(asked({ peer: '::1' }))).to.equal(undefined)
    expect(callersBehind([]).limitedBy(asked({ peer: '203.0.113.5' }))).to.equal('203.0.113.5')
    expect(callersBehind(['127.0.0.0/8']).limitedBy(asked({ peer: '127.0.0.1' }))).to.equal('127.0.0.1')
  })

  it('is told the operator once when it is forwarded and nobody is trusted', () => {
    const open = callersBehind([])
    open.notice(asked({ peer: '203.0.113.5' }))
    expect(open.warnings).to.deep.equal([])
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip'])
      open.notice(asked({ peer: '203.0.113.5', headers: { [name]: '198.51.100.7' } }))
    expect(open.warnings).to.have.length(1)
    expect(open.warnings[0]).to.contain('TRUSTED_PROXIES')
    const set = callersBehind(['10.0.0.1'])
    set.notice(asked({ peer: '203.0.113.5', headers: { 'x-forwarded-for': '198.51.100.7' } }))
    expect(set.warnings).to.deep.equal([])
  })
})

describe('trusted proxies', () => {
  it('are addresses and networks', () => {
    const trusts = (entry: string, peer: string): boolean => {
      const callers = callersBehind([entry])
      return callers.addressOf(asked({ peer, headers: { 'x-forwarded-for': '198.51.100.7' } })) === '198.51.100.7'
    }
    for (const entry of ['10.0.0.0/8', '10.1.2.3', '::ffff:10.0.0.0/104', '10.1.2.3/32', '0.0.0.0/0'])
      expect(trusts(entry, '10.1.2.3'), entry).to.equal(true)
    for (const entry of ['10.1.2.4', '11.0.0.0/8', '10.1.2.0/31', '2001::/16'])
      expect(trusts(entry, '10.1.2.3'), entry).to.equal(false)
    expect(trusts('2001:db8::/32', '2001:db8:5::1')).to.equal(true)
  })

  it('are nothing else', () => {
    for (const entry of [
      'nginx',
      'localhost',
      '*',
      '10.0.0.1:80',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/x',
      '10.0.0.0/-1',
    ])
      expect(readProxies(['192.0.2.1', entry]), entry).to.deep.equal({ unknown: entry })
    for (const entry of ['::/129', '::ffff:1.2.3.4/95', '10.1', '[::1]', '10.0.0.0/8/8', 'none', '1', '010.0.0.1'])
      expect(readProxies([entry]), entry).to.deep.equal({ unknown: entry })
  })
})

describe('local', () => {
  const local = (from: Partial<From> = {}): boolean =>
    isLocal(asked({ peer: '127.0.0.1', headers: { host: 'localhost:8080' }, ...from }))

  it('is who sits here and names this machine and our port', () => {
    for (const host of ['localhost:8080', 'LocalHost:8080', '127.0.0.1:8080', '[::1]:8080'])
      for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.9.9.9'])
        expect(local({ peer, headers: { host } }), `${peer} ${host}`).to.equal(true)
    expect(local({ localPort: 80, headers: { host: 'localhost' } })).to.equal(true)
  })

  it('is nobody from afar, through a proxy, or by another name or port', () => {
    for (const peer of ['203.0.113.5', '::ffff:203.0.113.5', '', '10.0.0.1'])
      expect(local({ peer }), peer).to.equal(false)
    for (const host of [
      'evil.example:8080',
      'localhost:8081',
      'localhost',
      'localhost:8080.evil.example',
      '127.0.0.2:8080',
      '',
    ])
      expect(local({ headers: { host } }), host).to.equal(false)
    for (const name of [
      'x-forwarded-for',
      'forwarded',
      'x-real-ip',
      'x-forwarded-proto',
      'via',
      'x-forwarded-anything',
    ])
      expect(local({ headers: { host: 'localhost:8080', [name]: '' } }), name).to.equal(false)
  })
})

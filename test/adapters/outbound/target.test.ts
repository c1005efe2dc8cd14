/** Which URLs are asked at all: as they are written, by https, at the ports of the rule, or as an operator named them. */
import { expect } from 'chai'
import { targetOf } from '#src/adapters/outbound/target.js'
import { OutboundRefused } from '#src/ports/outbound.js'
import type { OutboundRule } from '#src/ports/outbound.js'

const strangers: OutboundRule = { named: [], ports: 'https' }
const isRefused = (url: string, rule = strangers): boolean => {
  try {
    targetOf(url, rule)
    return false
  } catch (error) {
    if (error instanceof OutboundRefused) return true
    throw error
  }
}

describe('a URL that is asked', () => {
  it('is https, at the port of https', () => {
    const asked = { secure: true, isAddress: false, named: false, port: 443 }
    const push = { ...asked, host: 'push.example', authority: 'push.example' }
    expect(targetOf('https://push.example', strangers)).to.deep.equal({ ...push, path: '/' })
    expect(targetOf('https://push.example:443/a?b=%20#c', strangers)).to.deep.equal({ ...push, path: '/a?b=%20' })
    expect(targetOf('https://[2606:4700::1111]/', strangers)).to.deep.include({
      host: '2606:4700::1111',
      isAddress: true,
    })
    for (const url of [
      'http://push.example/',
      'https://push.example:8443/',
      'https://push.example:80/',
      'ftp://push.example/',
      'file:///etc/passwd',
    ])
      expect(isRefused(url), url).to.equal(true)
  })

  it('may be at a higher port where the rule says so, never at another well-known one', () => {
    const peers: OutboundRule = { named: [], ports: 'anyAboveWellKnown' }
    expect(targetOf('https://b.example:8443/x', peers)).to.deep.include({ port: 8443, authority: 'b.example:8443' })
    for (const port of [1, 22, 25, 80, 1023])
      expect(isRefused(`https://b.example:${port}/`, peers), String(port)).to.equal(true)
    expect(isRefused('http://b.example:8080/', peers)).to.equal(true)
  })

  it('is what it is written as: nothing that a parser makes an address or another host of', () => {
    const written = [
      'https://2130706433/',
      'https://0x7f000001/',
      'https://0x7f.1/',
      'https://0177.0.0.1/',
      'https://127.1/',
      'https://134744072/',
      'https://127.0.0.1./',
      'https://push.example./',
      'https://user@push.example/',
      'https://user:pass@push.example/',
      'https://push.example@127.0.0.1/',
      'https://push.example\\@127.0.0.1/',
      'https:\\\\push.example/',
      'https:/push.example/',
      'https:push.example/',
      ' https://push.example/',
      'https://push.example/\n',
      'https://push\t.example/',
      'https://%31%32%37.0.0.1/',
      'https://ⓛocalhost/',
      'https://１２７.0.0.1/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::1%25lo]/',
      'https://[0:0:0:0:0:0:0:1]/',
      'HTTPS://push.example/',
      'https://push.example:0443/',
      'https://',
      'https:///x',
      '',
      'push.example',
    ]
    expect(written.filter((url) => !isRefused(url))).to.deep.equal([])
  })

  it('is whatever an operator named, with plain http and any port of it, or with the one that was named', () => {
    const named: OutboundRule = { named: ['127.0.0.1:9002', 'push.test', '[::1]:9003'], ports: 'https' }
    const asked = [
      'http://127.0.0.1:9002/',
      'https://127.0.0.1:9002/',
      'http://push.test/',
      'https://push.test:81/',
      'http://[::1]:9003/x',
    ]
    expect(asked.map((url) => targetOf(url, named).named)).to.deep.equal([true, true, true, true, true])
    const refused = [
      'http://127.0.0.1/',
      'http://127.0.0.1:9003/',
      'http://[::1]/',
      'http://push.test.example/',
      'http://xpush.test/',
      'http://2130706433:9002/',
    ]
    expect(refused.filter((url) => !isRefused(url, named))).to.deep.equal([])
  })
})

/** Signatures of HTTP messages between servers: RFC 9421's own vector, and that nothing of a message can be another's. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { isAnswerSignature, answerKeyId, signAnswer } from '#src/federation/signatures/answerSignature.js'
import { contentDigest, isDigestOf } from '#src/federation/signatures/contentDigest.js'
import { isRequestSignature, signRequest } from '#src/federation/signatures/requestSignature.js'
import type { SignedRequest, UnsignedRequest } from '#src/federation/signatures/requestSignature.js'
import { plain, signatureBase } from '#src/federation/signatures/signatureBase.js'
import { findSignature, writeSignature } from '#src/federation/signatures/signatureFields.js'
import { signingKeyOf, verifyWith } from '#src/federation/signatures/signingKey.js'
import type { SigningKey } from '#src/federation/signatures/signingKey.js'
import { readRequestStamp } from '#src/federation/signatures/stamp.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { parseDomain } from '#src/mls/wire/ids.js'

/** RFC 9421 B.1.4. */
const rfcKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
  x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
}
const pkcs8 = (jwk: object): Uint8Array =>
  new Uint8Array(createPrivateKey({ key: jwk as never, format: 'jwk' }).export({ format: 'der', type: 'pkcs8' }))

const domain = (name: string) => parseDomain(name)!
const pairOf = (id: string): { readonly key: SigningKey; readonly publicKey: Uint8Array } => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const der = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
  return {
    key: signingKeyOf({ id, privateKey: der }),
    publicKey: fromBase64url(String(publicKey.export({ format: 'jwk' }).x))!,
  }
}

describe('the text that is signed', () => {
  it('is that of RFC 9421 B.2.6, and so are fields and signature', () => {
    const headers = {
      date: 'Tue, 20 Apr 2021 02:07:55 GMT',
      '@method': 'POST',
      '@path': '/foo',
      '@authority': 'example.com',
      'content-type': 'application/json',
      'content-length': '18',
    }
    const components = Object.entries(headers).map(([name, value]) => ({ name: plain(name), value }))
    const parameters = new Map<string, number | string>([
      ['created', 1_618_884_473],
      ['keyid', 'test-key-ed25519'],
    ])
    const base = signatureBase(components, parameters)!
    expect(Buffer.from(base).toString().split('\n')).to.deep.equal([
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@method": POST',
      '"@path": /foo',
      '"@authority": example.com',
      '"content-type": application/json',
      '"content-length": 18',
      '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    ])
    const signature = signingKeyOf({ id: 'test-key-ed25519', privateKey: pkcs8(rfcKey) }).sign(base)
    expect(Buffer.from(signature).toString('base64')).to.equal(
      'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    )
    expect(verifyWith(fromBase64url(rfcKey.x)!, base, signature)).to.equal(true)
    const fields = writeSignature(
      components.map(({ name }) => name),
      parameters,
      signature,
    )
    expect(fields.signatureInput).to.equal(
      'hs=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    )
  })

  it('holds no value that could be a line of its own', () => {
    for (const value of ['a\nb', 'a\rb', 'ä', '\u0000'])
      expect(signatureBase([{ name: plain('x'), value }], new Map())).to.equal(undefined)
  })
})

describe('a digest of content', () => {
  it('is SHA-256 as RFC 9530 writes it, and nothing else that says the same', () => {
    // RFC 9530 appendix B.1 has this body with its line feed.
    const body = Buffer.from('{"hello": "world"}\n')
    expect(contentDigest(body)).to.equal('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:')
    expect(isDigestOf(contentDigest(body), body)).to.equal(true)
    const others = [
      '',
      contentDigest(Buffer.from('other')),
      `${contentDigest(body)}, ${contentDigest(body)}`,
      'sha-512=:AAAA:',
      contentDigest(body).replace('sha', 'SHA'),
    ]
    expect(others.map((field) => isDigestOf(field, body))).to.deep.equal(others.map(() => false))
  })
})

const stamp = { created: 1_800_000_000, expires: 1_800_000_030, nonce: 'AAAAAAAAAAAAAAAAAAAAAA' }
const asked: UnsignedRequest = {
  method: 'POST',
  authority: 'b.example',
  target: '/v1/notify/mimi%3A%2F%2Fa.example?from=3',
  contentType: 'application/octet-stream',
  source: domain('a.example'),
  destination: domain('b.example'),
  body: Buffer.from('items'),
}
const received = ({ body, ...request }: UnsignedRequest): SignedRequest => ({
  ...request,
  contentDigest: contentDigest(body),
})

describe('a request between servers', () => {
  const { key, publicKey } = pairOf('k1')
  const headers = signRequest(asked, stamp, key)
  const found = findSignature({ signatureInput: headers['signature-input']!, signature: headers['signature']! })!

  it('is signed over what it asks, of whom and for whom, with when, until when, once and by which key', () => {
    expect(headers['signature-input']).to.equal(
      'hs=("@method" "@authority" "@path" "@query" "content-digest" "content-type" "homeserver-source" "homeserver-destination");created=1800000000;expires=1800000030;nonce="AAAAAAAAAAAAAAAAAAAAAA";keyid="k1";tag="mls-homeserver-1"',
    )
    expect(readRequestStamp(found.parameters)).to.deep.equal({ ...stamp, keyid: 'k1' })
    expect(isRequestSignature(received(asked), found, publicKey)).to.equal(true)
  })

  it('is no other request, to nobody else, by nobody else, of no other time', () => {
    const changes: readonly Partial<UnsignedRequest>[] = [
      { method: 'PUT' },
      { authority: 'c.example' },
      { authority: 'b.example:443' },
      { target: '/v1/notify/mimi%3A%2F%2Fa.example?from=4' },
      { target: '/v1/notify/mimi%3A%2F%2Fa.example' },
      { target: '/v1/update/mimi%3A%2F%2Fa.example?from=3' },
      { contentType: 'application/json' },
      { source: domain('c.example') },
      { destination: domain('c.example') },
      { body: Buffer.from('other') },
    ]
    for (const change of changes)
      expect(isRequestSignature(received({ ...asked, ...change }), found, publicKey), JSON.stringify(change)).to.equal(
        false,
      )
    expect(isRequestSignature(received(asked), found, pairOf('k1').publicKey)).to.equal(false)
    expect(isRequestSignature(received(asked), found, new Uint8Array(32))).to.equal(false)
    for (const [name, value] of [
      ['created', stamp.created + 1],
      ['expires', stamp.expires + 1],
      ['nonce', 'BAAAAAAAAAAAAAAAAAAAAA'],
      ['keyid', 'k2'],
    ] as const)
      expect(
        isRequestSignature(
          received(asked),
          { ...found, parameters: new Map([...found.parameters, [name, value]]) },
          publicKey,
        ),
        name,
      ).to.equal(false)
  })

  it('with nothing behind its host is one for its root, and with no query one with an empty one', () => {
    const root = { ...asked, target: '' }
    const fields = signRequest(root, stamp, key)
    const signed = findSignature({ signatureInput: fields['signature-input']!, signature: fields['signature']! })!
    expect(isRequestSignature(received({ ...asked, target: '/' }), signed, publicKey)).to.equal(true)
    expect(isRequestSignature(received({ ...asked, target: '/?' }), signed, publicKey)).to.equal(true)
    expect(isRequestSignature(received({ ...asked, target: '/?x' }), signed, publicKey)).to.equal(false)
  })

  it('is not signed where less is covered, or more, or in another order', () => {
    const covering = (names: readonly string[]) => {
      const items = names.map(plain)
      const base = signatureBase(
        items.map((name) => ({ name, value: 'x' })),
        found.parameters,
      )!
      return { names: items, parameters: found.parameters, signature: key.sign(base) }
    }
    const all = found.names.map(([name]) => name as string)
    for (const names of [[], all.slice(1), all.toReversed(), [...all, 'date'], [...all.slice(0, -1), '@target-uri']])
      expect(isRequestSignature(received(asked), covering(names), publicKey), names.join()).to.equal(false)
  })

  it('is found beside signatures of others, once, and in no form that is not one', () => {
    const [input, signature] = [headers['signature-input']!, headers['signature']!]
    const proxy = { input: 'px=("@method");created=1;tag="proxy"', signature: 'px=:AAAA:' }
    const both = findSignature({
      signatureInput: `${proxy.input}, ${input}`,
      signature: `${proxy.signature}, ${signature}`,
    })
    expect(both).to.deep.equal(found)
    const other = input.replace('hs=', 'hs2=')
    const bad = [
      {},
      { signatureInput: input },
      { signature },
      { signatureInput: '', signature },
      { signatureInput: input, signature: 'hs=:AAAA:' },
      { signatureInput: `${input}, ${other}`, signature: `${signature}, ${signature.replace('hs=', 'hs2=')}` },
      { signatureInput: other, signature },
      { signatureInput: input.replace('tag="mls-homeserver-1"', 'tag="other"'), signature },
      { signatureInput: 'hs="x";tag="mls-homeserver-1"', signature },
      { signatureInput: input, signature: 'hs="text"' },
      { signatureInput: `${input}${' '.repeat(5_000)}`, signature },
      { signatureInput: '((((', signature },
      { signatureInput: `${input}\u0000`, signature },
    ]
    expect(bad.map(findSignature)).to.deep.equal(bad.map(() => undefined))
  })

  it('has each parameter in its form, and no other', () => {
    const with_ = (name: string, value: unknown) =>
      readRequestStamp(new Map([...found.parameters, [name, value as never]]))
    const bad: readonly (readonly [string, unknown])[] = [
      ['created', 1.5],
      ['created', '1'],
      ['created', true],
      ['expires', 'soon'],
      ['nonce', 'short'],
      ['nonce', 'A'.repeat(65)],
      ['nonce', 'ä'.repeat(30)],
      ['nonce', 7],
      ['keyid', ''],
      ['keyid', 'a b'],
      ['keyid', 'k'.repeat(65)],
      ['alg', 'ed25519'],
      ['tag', 'mls-homeserver-2'],
    ]
    for (const [name, value] of bad) expect(with_(name, value), `${name} ${String(value)}`).to.equal(undefined)
    for (const name of found.parameters.keys()) {
      const without = new Map([...found.parameters].filter(([one]) => one !== name))
      expect(readRequestStamp(without), name).to.equal(undefined)
    }
  })
})

describe('an answer between servers', () => {
  const { key, publicKey } = pairOf('k9')
  const answer = { status: 201, body: Buffer.from('done'), requestSignature: 'hs=:c2lnbmF0dXJl:' }
  const headers = signAnswer(answer, 1_800_000_001, key)

  it('is signed over its status, its body, and the request that it answers', () => {
    expect(headers['signature-input']).to.equal(
      'hs=("@status" "content-digest" "signature";req);created=1800000001;keyid="k9";tag="mls-homeserver-1"',
    )
    expect(answerKeyId(headers)).to.equal('k9')
    expect(isAnswerSignature(answer, headers, publicKey)).to.equal(true)
  })

  it('answers no other request, with no other status or body, and is nobody else’s', () => {
    const changes = [{ status: 200 }, { body: Buffer.from('not done') }, { requestSignature: 'hs=:b3RoZXI=:' }]
    for (const change of changes)
      expect(isAnswerSignature({ ...answer, ...change }, headers, publicKey), JSON.stringify(change)).to.equal(false)
    expect(isAnswerSignature(answer, headers, pairOf('k9').publicKey)).to.equal(false)
    expect(isAnswerSignature(answer, {}, publicKey)).to.equal(false)
    for (const name of ['content-digest', 'signature', 'signature-input']) {
      const without = Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name))
      expect(isAnswerSignature(answer, without, publicKey), name).to.equal(false)
    }
  })

  it('is none that covers something else, or a request that is passed off as one', () => {
    const input = headers['signature-input']!
    const others = [
      input.replace(';req', ''),
      input.replace(' "signature";req', ''),
      input.replace('"@status" ', ''),
      input.replace('"@status"', '"@status";req'),
    ]
    expect(others.map((one) => answerKeyId({ ...headers, 'signature-input': one }))).to.deep.equal(
      others.map(() => undefined),
    )
    const request = signRequest(asked, stamp, key)
    expect(answerKeyId(request)).to.equal(undefined)
  })
})

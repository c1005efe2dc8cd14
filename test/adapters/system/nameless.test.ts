/** A line that names a request names nobody. */
import { expect } from 'chai'
import { jsonLog } from '#src/adapters/system/logger.js'
import { withoutNames } from '#src/adapters/system/nameless.js'
import type { LoggerFields } from '#src/ports/logger.js'

const lineOf = (fields: LoggerFields): Record<string, unknown> => {
  const lines: string[] = []
  jsonLog(
    'debug',
    (line) => lines.push(line),
    () => 0,
  ).error('request failed', fields)
  return JSON.parse(lines[0] ?? '{}') as Record<string, unknown>
}
const id = 'AbCdEfGhIjKlMnOpQrStUw'
const hash = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'

describe('a line with a request', () => {
  it('has no field that names anybody', () => {
    const named = { stream: `user-${id}`, name: 'x', url: 'http://10.0.0.1/', holder: 'x', domain: 'd', position: 7 }
    const line = lineOf({ requestId: 'pZ9cD2xkQm1vY7aB', ...named, error: 'a bug', code: 'internal' })
    expect(line).to.have.all.keys('time', 'level', 'message', 'requestId', 'error', 'code')
    expect(line['requestId']).to.equal('pZ9cD2xkQm1vY7aB')
    expect(lineOf(named)).to.include({ stream: named.stream, url: named.url })
  })

  for (const name of [
    `mimi://localhost/u/${id}`,
    `mimi://localhost:8080/d/${id}`,
    `mimi%3A%2F%2Flocalhost%2Fq%2F${id}`,
    `MIMI%3a%2f%2flocalhost%2fg%2f${id}`,
    `user-${id}`,
    `keyPackages-${id}@17`,
    id,
    `handle-${hash}`,
    hash,
    'hs_op_PlantedOperatorToken0123456789abcdefghijkl',
    '10.0.0.1',
    '192.168.7.12:44321',
    '::1',
    '2001:db8::1',
    '[2001:db8::1]:443',
    '::ffff:10.1.2.3',
  ])
    it(`does not tell ${name}`, () => {
      const secret = name.replace(/^.*[/-](?=[A-Za-z0-9_]{22}$)/, '')
      for (const text of [`Error: ${name} is wrong`, `(${name})`, `"${name}", and more`, `at ${name}.`]) {
        expect(withoutNames(text)).to.not.include(secret).and.not.include(id).and.not.include(hash)
        expect(withoutNames(text)).to.not.match(/10\.0|192\.168|db8|10\.1\.2/)
      }
    })

  it('keeps where in the code it was', () => {
    const stack = 'Error: a bug\n    at answerOf (file:///srv/dist/api/http/assemble.js:129:34)\n    at 12:34:56 v1.2.3'
    expect(withoutNames(stack)).to.equal(stack)
  })
})

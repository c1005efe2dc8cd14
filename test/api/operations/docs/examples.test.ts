/** The examples of /docs, run as they stand there, against a server. */
import { expect } from 'chai'
import { operatorRole } from '#src/events/operatorRole.js'
import { limitsWith, openHouse, operator } from '../../../faults/house.js'
import type { RealHouse, Resident } from '../../../faults/house.js'
import { examplesIn, runAll } from './shownExamples.js'
import type { Ran, Shown } from './shownExamples.js'

type Operation = { readonly 'x-access': string; readonly responses: { readonly [status: string]: unknown } }
type Routes = { readonly [route: string]: Operation }

const languages = ['curl', 'js', 'python'] as const
/** They end what the others need. */
/** What ends what the others stand on comes behind them. */
const last: readonly string[] = ['delete /v1/users/me', 'delete /v1/queues/{queue}', 'put /v1/operator/maintenance']

describe('the examples on the page of the documentation', () => {
  let house: RealHouse
  let routes: Routes
  let shown: readonly Shown[]

  before(async () => {
    house = await openHouse({ DOMAIN: 'localhost', LIMITS: limitsWith({ invitationsPerUserMax: 10 }) })
    const get = async (path: string): Promise<string> => (await fetch(house.server.url + path)).text()
    const { paths } = JSON.parse(await get('/openapi.json')) as { readonly paths: { readonly [path: string]: Routes } }
    routes = Object.fromEntries(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation]),
      ),
    )
    shown = examplesIn(await get('/docs'), Object.keys(routes))
  })
  after(() => house.close())

  it('are there for every route, in every language', () => {
    for (const route of Object.keys(routes)) {
      const there = shown.filter((one) => one.route === route).map(({ language }) => language)
      expect(there, route).to.deep.equal(languages)
    }
  })

  const isSocket = ({ route }: Shown): boolean => routes[route]?.responses['101'] !== undefined

  /** By somebody new. */
  const ranIn = async (language: Shown['language']): Promise<ReadonlyMap<string, Ran>> => {
    const { token, queueToken }: Resident = await house.register()
    const ofOperators = operatorRole.options.map((role) => [role, operator.token] as const)
    const tokens: Partial<Record<string, string>> = { queue: queueToken, ...Object.fromEntries(ofOperators) }
    // Node 20 has no WebSocket of its own.
    const its = shown.filter((one) => one.language === language && !(language === 'js' && isSocket(one)))
    const inOrder = its.toSorted((one, other) => last.indexOf(one.route) - last.indexOf(other.route))
    const given = inOrder.map(({ route, code }) => ({
      code,
      token: tokens[routes[route]?.['x-access'] ?? ''] ?? token,
    }))
    const ran = await runAll(language, given)
    expect(ran).to.have.length(given.length)
    await house.ask(operator, 'PUT', '/v1/operator/maintenance', { json: { maintenance: false, why: 'the next' } })
    return new Map(inOrder.map(({ route }, at) => [route, ran[at] ?? { status: 0, body: '' }]))
  }

  it('are answered as the document says, and refused for nothing but ids and bytes that are made up', async () => {
    for (const language of languages)
      for (const [route, { status, body }] of await ranIn(language)) {
        const where = `${language}: ${route}: ${status} ${body}`
        expect(Object.keys(routes[route]?.responses ?? {}), where).to.include(String(status))
        // What is refused to a HEAD has no body to tell why.
        if (status >= 400 && !route.startsWith('head ')) expect(JSON.parse(body), where).to.satisfy(isMadeUp)
      }
  })
})

/** The server read the request to its last field, and then knew neither whom it names nor what it carries. */
type Told = { readonly code: string; readonly detail?: string; readonly capability?: string }
const isMadeUp = ({ code, detail = '', capability = '' }: Told): boolean =>
  (code.startsWith('no-such-') && code !== 'no-such-route') || code === 'key-not-prepared'
    ? true
    : (code === 'malformed' && /^(csr:|truncated|body\.root: not an X\.509)/.test(detail)) ||
      (code === 'not-authenticated' && detail.startsWith('assertion')) ||
      (code === 'not-allowed' && ['approveClient', 'recover'].includes(capability))

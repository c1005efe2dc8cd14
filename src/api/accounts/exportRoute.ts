/** The route of a user's data. */
import { reject } from '../../streams/rejection.js'
import type { Domain } from '../../mls/wire/ids.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { dataOf, exportableUser } from './dataExport.js'
import type { DataExportDependencies } from './dataExport.js'

export const exportRoute = (deps: DataExportDependencies & { readonly domain: Domain }): Route =>
  route({
    method: 'get',
    path: '/v1/users/me/export',
    tag: 'Authentication Service',
    summary: 'Get everything that the server holds of you',
    description:
      'An archive of JSON lines: a header, your account, the events about you, profile, contacts, groups, assets (without their bytes), what waits for your clients; the last line has the count and SHA-256 of those before it.',
    access: 'client',
    success: { status: 200, bytes: 'application/octet-stream' },
    problems: ['no-such-user'],
    rates: ({ principal }) => [{ rate: 'exportsPerUser', key: principal.user }],
    answer: async ({ principal: { user }, command: { at } }) => {
      const state = await exportableUser(deps, user)
      if (state === undefined) return reject({ code: 'no-such-user' })
      const bytes = () => dataOf(deps, { user, state, domain: deps.domain, at })
      const headers = {
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="export.jsonl"',
      }
      return { status: 200, stream: { bytes }, headers }
    },
  })

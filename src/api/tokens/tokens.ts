/** The token endpoint (RFC 6749 §4.5 with RFC 7523): an assertion in, a bearer token out. */
import { z } from 'zod'
import type { Authentication } from './authentication.js'
import { described } from '../../contract/fields.js'
import { route } from '../door.js'
import type { Route } from '../door.js'

const request = z.strictObject({
  grant_type: z.literal('urn:ietf:params:oauth:grant-type:jwt-bearer').describe('RFC 7523'),
  assertion: described(z.string().max(4_096), 'A signed JWT', 'eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiIxIn0.c2ln'),
})
const answer = z.object({
  access_token: described(z.string(), 'The bearer token', 'WyJjIiwxXQ.bWFj'),
  token_type: z.literal('Bearer').describe('How to use it'),
  expires_in: described(z.number().int(), 'So many seconds it holds', 900),
})

export const tokenRoutes = ({ authentication }: { readonly authentication: Authentication }): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/token',
    tag: 'Authentication Service',
    summary: 'Get a bearer token',
    description:
      'RFC 7523: `assertion` is a JWT signed by the signature key of a client or a queue, with iss = sub = its id, ' +
      'aud = this URL, exp at most 60 seconds ahead, and a jti that is used once. ' +
      'A clock that is off by more than 10 seconds is told `clock-skew` with ours: `serverTime`, ms since 1970.',
    access: 'anonymous',
    body: request,
    form: true,
    success: { status: 200, body: answer },
    problems: ['not-authenticated', 'clock-skew', 'user-disabled'],
    inMaintenance: true,
    known: 'unrecorded',
    answer: async ({ body, address }) => {
      const issued = await authentication.exchange(body.assertion, address)
      if ('rejected' in issued) return issued
      const expires = Math.floor(issued.expiresInMs / 1000)
      return { status: 200, body: { access_token: issued.token, token_type: 'Bearer', expires_in: expires } }
    },
  }),
]

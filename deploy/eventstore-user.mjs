/**
 * Makes a user of EventStoreDB who is no administrator, and names it among those who may read the log as a whole. Run again it
 * changes nothing but the password. Needs EVENTSTORE_ADMIN_URL (esdb://admin:…@host:2113?…), EVENTSTORE_USER,
 * EVENTSTORE_PASSWORD, and with a CA of one's own NODE_EXTRA_CA_CERTS.
 */
import { EventStoreDBClient } from '@eventstore/db-client'

const {
  EVENTSTORE_ADMIN_URL: adminUrl = '',
  EVENTSTORE_USER: user = '',
  EVENTSTORE_PASSWORD: password = '',
} = process.env
const [, admin, adminPassword, node] = /^esdb(?:\+discover)?:\/\/([^:@/]+):([^@/]+)@([^,/?]+)/.exec(adminUrl) ?? []
if (admin === undefined || user === '' || password === '') {
  console.error('set EVENTSTORE_ADMIN_URL (esdb://user:password@host:2113?…), EVENTSTORE_USER and EVENTSTORE_PASSWORD')
  process.exit(64)
}

const scheme = /[?&]tls=false/i.test(adminUrl) ? 'http' : 'https'
const credentials = [admin, adminPassword].map(decodeURIComponent).join(':')
const post = (path, body) =>
  fetch(`${scheme}://${node}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: JSON.stringify(body),
  })

const made = await post('/users/', { loginName: user, fullName: 'The homeserver', groups: [], password })
if (made.status === 409) {
  const reset = await post(`/users/${encodeURIComponent(user)}/command/reset-password`, { newPassword: password })
  if (!reset.ok) throw new Error(`the password of ${user} was not set: HTTP ${reset.status}`)
} else if (!made.ok) throw new Error(`the user ${user} was not made: HTTP ${made.status}`)

const client = EventStoreDBClient.connectionString(adminUrl)
const { metadata = {} } = await client.getStreamMetadata('$all')
const readRoles = [metadata.acl?.readRoles ?? []].flat()
const wanted = [...new Set([...readRoles, '$admins', user])]
if (wanted.length > readRoles.length)
  await client.setStreamMetadata('$all', { ...metadata, acl: { ...metadata.acl, readRoles: wanted } })
await client.dispose()
console.log(`${user} may read and write the log`)

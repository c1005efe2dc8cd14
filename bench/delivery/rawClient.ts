/** What EventStoreDB's own client costs for an append and its live event, and nothing else: no send beside a network costs less. */
import { EventStoreDBClient, binaryEvent, excludeSystemEvents } from '@eventstore/db-client'
import { randomBytes, randomUUID } from 'node:crypto'
import { each, perSecond } from './server.js'
import { sendsUnderWay, type Row } from './row.js'

const streams = 16

/** As many events as sends are under way in the jobs beside it, each as large as a message of theirs. */
export const appendAlone = async (url: string, messages: number): Promise<Row> => {
  const client = EventStoreDBClient.connectionString(url)
  const meta = Buffer.from(
    JSON.stringify({ v: 1, at: 0, command: randomUUID(), text: randomBytes(60).toString('hex') }),
  )
  const data = Buffer.from(JSON.stringify({ message: randomBytes(1_100).toString('base64url') }))
  const subscription = client.subscribeToAll({ fromPosition: 'end', filter: excludeSystemEvents() })
  const wanted = 2 * messages
  let seen = 0
  const following = (async () => {
    for await (const { event } of subscription) {
      if (event !== undefined) JSON.parse(Buffer.from(event.data as Uint8Array).toString())
      if (++seen === wanted) return
    }
  })()
  const round = async (): Promise<void> => {
    let left = messages
    const append = async (n: number): Promise<void> => {
      while (left-- > 0) {
        const event = binaryEvent({ id: randomUUID(), type: 'Appended', data, metadata: meta })
        await client.appendToStream(`alone-${n % streams}`, [event])
      }
    }
    await Promise.all(Array.from({ length: sendsUnderWay }, (_, n) => append(n)))
  }
  await new Promise((resolve) => subscription.once('confirmation', resolve))
  await round()
  const [before, began] = [process.cpuUsage(), performance.now()]
  await round()
  await following
  const [ms, { user, system }] = [performance.now() - began, process.cpuUsage(before)]
  await subscription.unsubscribe()
  await client.dispose()
  return {
    job: 'For comparison: the raw client alone, an append and its live event',
    figure: perSecond(messages, ms),
    target: '',
    'server CPU each': each(messages, (user + system) / 1_000),
  }
}

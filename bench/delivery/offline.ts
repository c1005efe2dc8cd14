/** J2: sends to members who are away, by one client and by many, and their queues drained. */
import { sendsUnderWay, type Row } from './row.js'
import { cpuMs, each, openAll, openSender, perSecond } from './server.js'
import type { Sender, Server } from './server.js'
import type { Hamlet, Town } from './town.js'

/** J2: sends of one client to a group of which nobody is there, then the queues drained by one member and by all. */
export const sendToOffline = async (
  server: Server,
  town: Town,
  hamlet: Hamlet,
  messages: number,
): Promise<readonly Row[]> => {
  const size = hamlet.queues.length
  const { ms, cpu } = await send(server, town, [hamlet], messages)
  const [lone = '', loneCpu = ''] = await drain(server, town, hamlet, { members: 1, messages })
  const [all = '', allCpu = ''] = await drain(server, town, hamlet, { members: size, messages })
  return [
    {
      job: `J2 durable sends to ${size} offline`,
      figure: perSecond(messages, ms),
      target: '≥ 5,000 /s',
      'server CPU each': each(messages, cpu),
    },
    { job: 'J2 drain, one member', figure: lone, target: '', 'server CPU each': loneCpu },
    { job: `J2 drain, ${size} members at once`, figure: all, target: '≥ 150,000 /s', 'server CPU each': allCpu },
  ]
}

/** The same sends of many clients, each to a group of its own. */
export const sendFromMany = async (
  server: Server,
  town: Town,
  hamlets: readonly Hamlet[],
  messages: number,
): Promise<Row> => {
  const { ms, cpu } = await send(server, town, hamlets, messages)
  return {
    job: `J2 durable sends of ${hamlets.length} clients, each to ${hamlets[0]?.queues.length ?? 0} offline`,
    figure: perSecond(messages, ms),
    target: '',
    'server CPU each': each(messages, cpu),
  }
}

/** How long it takes, and what CPU of the server, ms; `messages`: in all. */
const send = async (
  server: Server,
  town: Town,
  hamlets: readonly Hamlet[],
  messages: number,
): Promise<{ readonly ms: number; readonly cpu: number }> => {
  let [left, accepted] = [messages, 0]
  let done: () => void = () => undefined
  const finished = new Promise<void>((resolve) => (done = resolve))
  const senders: Sender[] = []
  const next = (sender: Sender | undefined): void => {
    if (left > 0) {
      left--
      sender?.send()
    }
  }
  for (const [place, hamlet] of hamlets.entries()) {
    const onAccepted = (): void => {
      if (++accepted === messages) done()
      next(senders[place])
    }
    senders.push(await openSender(server, town, hamlet, onAccepted))
  }
  const before = cpuMs(server)
  const began = performance.now()
  for (let n = 0; n < sendsUnderWay; n++) next(senders[n % senders.length])
  await finished
  const [ms, cpu] = [performance.now() - began, cpuMs(server) - before]
  for (const sender of senders) sender.close()
  return { ms, cpu }
}

const drain = async (
  server: Server,
  town: Town,
  hamlet: Hamlet,
  { members, messages }: { readonly members: number; readonly messages: number },
): Promise<readonly string[]> => {
  let arrived = 0
  const before = cpuMs(server)
  const began = performance.now()
  const opened = await openAll(server, town, { ...hamlet, queues: hamlet.queues.slice(0, members) }, () => arrived++)
  const ms = performance.now() - began
  const cpu = cpuMs(server) - before
  for (const { counter } of opened) counter.close()
  if (arrived < members * messages) throw new Error(`only ${arrived} of ${members * messages} arrived`)
  return [perSecond(arrived, ms), each(arrived, cpu)]
}

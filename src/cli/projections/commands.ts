/** `homeserver projections …`: the read models, rebuilt while they are served, and turned back. */
import { terminalClock } from '../../compose/terminal.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { ExitCode } from '../../compose/process/startupProblem.js'
import type { ProjectionShown } from '../../contract/projections.js'
import type { ReadModelChange } from '../../events/operators.js'
import type { Progress } from '../progress.js'
import { command } from '../command.js'
import type { Command } from '../command.js'
import { doorOptions } from '../operators/door.js'
import { whyOption } from '../operators/why.js'
import { noSuch, withReadModels } from './asking.js'
import type { Asking } from './asking.js'
import { paceOf, linesOfProjection } from './lines.js'

const json = { json: 'print JSON, one object a line' } as const
const settings = [
  'DOMAIN',
  'DATA_DIR',
  'OPERATOR_TOKEN',
  'KEYS_DIR',
  'EVENTSTORE_URL',
  'MONGODB_URL',
  'STORE_WAIT_S',
] as const
const asking = { ...whyOption, ...doorOptions } as const
const words = { NAME: 'directory, groups, queues or assets' } as const

export const listProjections = command({
  summary: 'list the read models: build, checkpoint, rows, what is parked and why, a rebuild under way',
  example: 'projections list --json',
  words: {},
  optional: {},
  switches: json,
  options: asking,
  settings,
  run: ({ config, options, switches, out }) =>
    withReadModels(config, options, async ({ list }): Promise<ExitCode> => {
      for (const one of await list())
        for (const line of switches.has('json') ? [JSON.stringify(one)] : linesOfProjection(one)) out(line)
      return 0
    }),
})

/** Looks so often how far it is. */
const lookMs = 200

export const rebuildProjection = command({
  summary:
    'fold a read model again from the beginning, compare it, and serve it where it is equal; nothing stops meanwhile',
  example: 'projections rebuild queues',
  words,
  optional: {},
  switches: json,
  options: asking,
  settings,
  run: ({ config, words: { NAME }, options, switches, out, progress }) =>
    withReadModels(config, options, async (at): Promise<ExitCode> => {
      await at.ask(NAME, 'rebuild')
      const ended = await watch(at, NAME, progress)
      for (const line of switches.has('json') ? [JSON.stringify(ended)] : linesOfProjection(ended)) out(line)
      return ended.candidate === undefined ? 0 : 1
    }),
})

/** Until it is served, or waits for a word. */
const watch = async (asking: Asking, name: string, progress: Progress): Promise<ProjectionShown> => {
  for (;;) {
    const standing = await find(asking, name)
    const { candidate } = standing
    if (isOver(standing)) {
      progress.end()
      return standing
    }
    if (candidate !== undefined) progress.say(`${name}: ${paceOf(candidate)}`, { done: candidate.part, of: 1 })
    await terminalClock.sleep(lookMs, new AbortController().signal)
  }
}

/** Whoever was asked turns a moment after the record says so, and answers by the former build until then. */
export const isOver = ({
  served,
  former,
  candidate,
}: Pick<ProjectionShown, 'served' | 'former' | 'candidate'>): boolean =>
  candidate === undefined ? former?.build !== served.build : candidate.status === 'differs'

const find = async ({ list }: Asking, name: string): Promise<ProjectionShown> => {
  const all = await list()
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw noSuch(name, all)
  return found
}

const asked = (what: ReadModelChange, about: Pick<Command, 'summary' | 'example'>): Command =>
  command({
    ...about,
    words,
    optional: {},
    switches: json,
    options: asking,
    settings,
    run: ({ config, words: { NAME }, options, switches, out }) =>
      withReadModels(config, options, async (at): Promise<ExitCode> => {
        const before = await find(at, NAME)
        await at.ask(NAME, what)
        const standing = what === 'drop' ? await find(at, NAME) : await turned(at, NAME, before.served.build)
        for (const line of switches.has('json') ? [JSON.stringify(standing)] : linesOfProjection(standing)) out(line)
        return standing.served.build === before.served.build && what !== 'drop' ? 1 : 0
      }),
  })

/** Looks for half a minute: whoever feeds the builds turns at once or within seconds, unless a worker is in the way. */
const looksMax = 150

const turned = async (asking: Asking, name: string, from: number): Promise<ProjectionShown> => {
  for (let n = 0; ; n++) {
    const now = await find(asking, name)
    if (now.served.build !== from || n === looksMax) return now
    await terminalClock.sleep(lookMs, new AbortController().signal)
  }
}

export const flipProjection = asked('flip', {
  summary: 'serve a rebuilt read model although it differs from the one that is served',
  example: 'projections flip queues',
})
export const rollBackProjection = asked('rollback', {
  summary: 'serve again the build that was served before the last rebuild',
  example: 'projections rollback queues',
})
export const dropProjection = asked('drop', {
  summary: 'give up a rebuild; where none is under way, the build that is kept for the way back',
  example: 'projections drop queues',
})

export const skipParked = command({
  summary: 'let an event that a read model could not take count no longer; a rebuild tries it again',
  example: "projections skip queues messages-AAAAAAAAAAAAAAAAAAAAAA@17 --why 'damaged, its backup is too'",
  words: { ...words, EVENT: 'as `projections list` has it: stream@revision' },
  optional: {},
  switches: json,
  options: asking,
  settings,
  run: ({ config, words: { NAME, EVENT }, options, switches, out }) =>
    withReadModels(config, options, async ({ skip }): Promise<ExitCode> => {
      const [, stream, revision] = /^([!-~]{1,256})@(\d{1,15})$/.exec(EVENT) ?? []
      if (stream === undefined || revision === undefined)
        throw new StartupProblem(64, `EVENT is no stream@revision: ${JSON.stringify(EVENT)}`)
      await skip(NAME, { stream, revision: Number(revision) })
      out(
        switches.has('json') ? JSON.stringify({ stream, revision: Number(revision) }) : `skipped ${stream}@${revision}`,
      )
      return 0
    }),
})

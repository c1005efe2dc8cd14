/** `homeserver reports …`: messages that people reported, listed, looked at on record, and closed. */
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { reportAnswer, reportsAnswer } from '../../contract/reports.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { pagesOf } from './pagesOf.js'
import { lineOfReport, linesOfReport } from './reportLines.js'
import { whyIn, whyOption } from './why.js'

const report = 'the report’s id, as the list has it'
const id = 'Vm0wd2QyVkhVWGhUV0doVg'

export const reportsCommand = command({
  summary: 'list reports, the oldest first: id, when, category, accused, group, reporter',
  example: 'reports list --json',
  ...atDoor,
  words: {},
  options: { status: ['WHICH', 'open or closed (open)'], ...doorOptions },
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const { status = 'open' } = options
    if (status !== 'open' && status !== 'closed') throw new StartupProblem(64, '--status is open or closed')
    const ask = (page: string) => askDoor(door, { method: 'GET', path: `/reports${page}` }, reportsAnswer)
    for await (const { reports } of pagesOf(ask, { wanted: { status }, goesOn: 'after' }))
      for (const one of reports) out(switches.has('json') ? JSON.stringify(one) : lineOfReport(one))
    return 0
  },
})

export const reportCommand = command({
  summary: 'look at one report, on record: what was said, and what the reporter adds',
  example: `reports show ${id} --why "review of 3 May"`,
  ...atDoor,
  words: { report },
  options: { ...whyOption, ...doorOptions },
  run: async ({ config, words, options, switches, out }) => {
    const query = new URLSearchParams({ why: whyIn(options) }).toString()
    const question = { method: 'GET', path: `/reports/${encodeURIComponent(words.report)}?${query}` } as const
    const shown = await askDoor(await findDoor(config, options), question, reportAnswer)
    for (const line of switches.has('json') ? [JSON.stringify(shown)] : linesOfReport(shown)) out(line)
    return 0
  },
})

export const closeReportCommand = command({
  summary: 'close a report, with whether something was done about it',
  example: `reports close ${id} --outcome acted --why "disabled the account"`,
  ...atDoor,
  words: { report },
  options: { outcome: ['WHICH', 'acted or dismissed'], ...whyOption, ...doorOptions },
  run: async (terminal) => {
    const { outcome } = terminal.options
    if (outcome !== 'acted' && outcome !== 'dismissed') throw new StartupProblem(64, '--outcome is acted or dismissed')
    const path = `/reports/${encodeURIComponent(terminal.words.report)}/close`
    return actAtDoor(terminal, { method: 'POST', path, body: { outcome } }, `closed ${terminal.words.report}`)
  },
})

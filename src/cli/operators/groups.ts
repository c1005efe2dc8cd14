/** `homeserver groups …`: the groups of the running server, by what it knows of them, and deleted on record. */
import { z } from 'zod'
import { placed } from '../../contract/fields.js'
import { groupsAnswer } from '../../contract/groupsShown.js'
import { command } from '../command.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfGroup } from './lines.js'
import { whyIn, whyOption } from './why.js'

export const groupsCommand = command({
  summary: 'list the groups: id, status, epoch, users, clients, admins, pending removals, last activity',
  example: 'groups list --json',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const wanted = new URLSearchParams({ limit: '20' })
    for (;;) {
      const { groups, next } = await askDoor(
        door,
        { method: 'GET', path: `/groups?${wanted.toString()}` },
        groupsAnswer,
      )
      for (const group of groups) out(switches.has('json') ? JSON.stringify(group) : lineOfGroup(group))
      if (next === undefined) return 0
      wanted.set('after', next)
    }
  },
})

export const deleteGroupCommand = command({
  summary: 'delete a group, whoever its admins are: nothing is accepted in it any more',
  example: 'groups delete mimi://localhost/g/Vm0wd2QyVkhVWGhUV0doVg --why "order 12 of 3 May"',
  ...atDoor,
  words: { group: 'the group’s id' },
  options: { ...whyOption, ...doorOptions },
  run: async ({ config, words: { group }, options, switches, out }) => {
    const question = {
      method: 'DELETE',
      path: `/groups/${encodeURIComponent(group)}`,
      body: { why: whyIn(options) },
    } as const
    const answer = await askDoor(await findDoor(config, options), question, z.object(placed))
    out(switches.has('json') ? JSON.stringify(answer) : `deleted ${group}`)
    return 0
  },
})

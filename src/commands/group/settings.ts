/** The settings of a group that the server reads. */
import type { GroupEvent, GroupSettings } from '../../events/group.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { adminSeatOf } from './access.js'
import type { By } from './access.js'
import type { Group } from './fold/state.js'

export type SettingsLimits = { readonly queueAgeMsMax: number }

export type ChangeSettings = {
  readonly by: By
  readonly settings: GroupSettings
  readonly limits: SettingsLimits
}

export const changeSettings: Decider<ChangeSettings, Group, GroupEvent> =
  ({ by, settings, limits }) =>
  (state) => {
    const seat = adminSeatOf(state, by, 'settings')
    if ('rejected' in seat) return seat
    const refused = checkSettings(settings, limits)
    if (refused !== undefined) return refused
    const { group } = seat
    if (group.settings.retentionMs === settings.retentionMs) return accept()
    return accept({ type: 'SettingsChanged', data: { group: group.group, settings, by: by.user } })
  }

/** A group keeps its messages no longer than the server does. */
export const checkSettings = (
  { retentionMs }: GroupSettings,
  { queueAgeMsMax }: SettingsLimits,
): Rejected | undefined =>
  retentionMs <= queueAgeMsMax
    ? undefined
    : reject({ code: 'limit-reached', limit: 'queueAgeMsMax', max: queueAgeMsMax })

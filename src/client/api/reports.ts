/** The route of reports: a message that is told to the operators. */
import type { ReportCategory } from '../../events/reportCategory.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import type { Caller } from './caller.js'

/** `note`: for the operators, up to 1,000 characters. */
export type NewReport = { readonly category: ReportCategory; readonly note?: string }

type Told = {
  readonly group: GroupId
  readonly accused: UserId
  readonly at: number
  readonly content: Uint8Array
  readonly salt: Uint8Array
  readonly tag: Uint8Array
  /** base64url. */
  readonly frank: string
  readonly category: ReportCategory
  readonly note?: string
}

export const reportsApi = ({ command }: Caller) => ({
  make: async (key: string, { content, salt, tag, ...told }: Told) => {
    const json = { ...told, content: toBase64url(content), salt: toBase64url(salt), tag: toBase64url(tag) }
    return String((await command('POST', '/v1/reports', key, json))['report'])
  },
})

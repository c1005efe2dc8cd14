/** The pictures of people and groups, each fetched once and held until another takes its place. */
import type { GroupId, Picture, UserId } from '../client/index.js'
import { pictureTypeOf } from './picture.js'

export type Portraits = {
  /** Fetched in the background; undefined where there is none. */
  readonly learn: (of: UserId | GroupId, picture: Picture | undefined) => void
}

type Held = { readonly asset: string | undefined; readonly address: string | undefined }

/** Fetched for everybody that one meets: larger ones are not. */
const portraitBytesMax = 2 * 1024 * 1024

/** `show` is told the address of what is to be shown; the one before is good for nothing then. */
export const portraitsOn = (show: (of: UserId | GroupId, address: string | undefined) => void): Portraits => {
  const held = new Map<UserId | GroupId, Held>()

  const hold = (of: UserId | GroupId, asset: string | undefined, address: string | undefined): void => {
    const before = held.get(of)?.address
    held.set(of, { asset, address })
    show(of, address)
    if (before !== undefined) URL.revokeObjectURL(before)
  }

  const fetchNow = async (of: UserId | GroupId, picture: Picture): Promise<void> => {
    const bytes = await picture.download().bytes()
    const type = pictureTypeOf(bytes)
    if (held.get(of)?.asset !== picture.url) return
    hold(of, picture.url, type === undefined ? undefined : URL.createObjectURL(new Blob([bytes], { type })))
  }

  return {
    learn: (of, picture) => {
      const known = held.get(of)
      if (known?.asset === picture?.url) return
      if (picture === undefined || picture.size > portraitBytesMax) {
        hold(of, picture?.url, undefined)
        return
      }
      held.set(of, { asset: picture.url, address: known?.address })
      fetchNow(of, picture).catch(() => {
        // Tried again with the next look.
        if (held.get(of)?.asset === picture.url) hold(of, undefined, undefined)
      })
    },
  }
}

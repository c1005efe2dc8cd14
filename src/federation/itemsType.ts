/** The media type of bodies between servers. Of items it has the number of the first one: the signature covers it there. Pure. */

/** Of the draft's structs, which names none. */
const structs = 'message/mls'

export const itemsType = (first: number): string => `${structs}; sequence=${first}`

/** Undefined where the body is no items. */
export const firstIn = (contentType: string | undefined): number | undefined => {
  const said = /^message\/mls;\s*sequence=(0|[1-9]\d{0,15})$/.exec(contentType ?? '')?.[1]
  return said === undefined ? undefined : Number(said)
}

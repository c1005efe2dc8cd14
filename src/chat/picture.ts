/** Which bytes are shown as a picture: those that begin as one of a few raster formats do, whatever their sender calls them. */

/** Fetched without being asked for, and shown in place, up to here; anything else is offered as a file. */
export const pictureBytesMax = 10 * 1024 * 1024

const pictureTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'] as const
export type PictureType = (typeof pictureTypes)[number]

/** What the sender says of it: enough to look at the bytes, not to show them. */
export const mayBePicture = ({ type, size }: { readonly type: string; readonly size: number }): boolean =>
  (pictureTypes as readonly string[]).includes(type) && size <= pictureBytesMax

/** The type that the bytes themselves have; undefined of everything else, SVG and HTML among them. */
export const pictureTypeOf = (bytes: Uint8Array): PictureType | undefined => {
  const begins = (at: number, text: string): boolean =>
    Array.from(text).every((character, index) => bytes[at + index] === character.charCodeAt(0))
  if (begins(0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (begins(0, '\xff\xd8\xff')) return 'image/jpeg'
  if (begins(0, 'GIF87a') || begins(0, 'GIF89a')) return 'image/gif'
  if (begins(0, 'RIFF') && begins(8, 'WEBP')) return 'image/webp'
  return begins(4, 'ftypavif') || begins(4, 'ftypavis') ? 'image/avif' : undefined
}

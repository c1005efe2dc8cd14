/** A picture that somebody chose for oneself or a group, made ready to be shown to others. */
import { pictureBytesMax, pictureTypeOf } from './picture.js'
import { sizeOf } from './sizes.js'

/** Pixels; more is nowhere shown. */
const side = 256

/**
 * Its middle, square and small. It is drawn anew, so that what a camera wrote beside it, as where it was taken, stays here. Throws, in
 * words for the person, where it is no picture.
 */
export const portraitFrom = async (chosen: Blob): Promise<File> => {
  if (chosen.size > pictureBytesMax) throw new Error(`A picture may have ${sizeOf(pictureBytesMax)} at most.`)
  const bytes = new Uint8Array(await chosen.arrayBuffer())
  const type = pictureTypeOf(bytes)
  const bitmap =
    type === undefined ? undefined : await createImageBitmap(new Blob([bytes], { type })).catch(() => undefined)
  if (bitmap === undefined) throw new Error('This is no picture: choose a PNG, JPEG, GIF, WebP or AVIF.')
  const drawn = await squareOf(bitmap)
  bitmap.close()
  return new File([drawn], 'picture', { type: drawn.type })
}

const squareOf = (bitmap: ImageBitmap): Promise<Blob> => {
  const { width, height } = bitmap
  const shortest = Math.min(width, height)
  const canvas = new OffscreenCanvas(side, side)
  const left = (width - shortest) / 2
  const top = (height - shortest) / 2
  canvas.getContext('2d')?.drawImage(bitmap, left, top, shortest, shortest, 0, 0, side, side)
  // Browsers that cannot write it write PNG.
  return canvas.convertToBlob({ type: 'image/webp', quality: 0.9 })
}

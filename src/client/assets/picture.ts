/** The picture of a user or of a group: an asset that is kept, and what their profile says of it. */
import { type AssetId, parseAssetId } from '../../mls/wire/ids.js'
import type { Attachment } from '../content/externalPart.js'
import { attachmentFrom } from '../content/newContent.js'
import type { Engine } from '../engine/engine.js'
import { attachmentOf, referenceIn } from './sealed/assetReference.js'
import { downloadFrom } from './download/attachmentsIn.js'
import { downloadAsset } from './download/downloadAsset.js'
import type { FileAttachment } from './download/fileAttachment.js'
import type { FileSource } from './upload/fileSource.js'
import { uploadAsset } from './upload/uploadAsset.js'

/** `contentType` and `size` are as its owner has them: what the bytes are is for whoever opens them to find out. */
export type Picture = Attachment & {
  /** As of a file that came with a message; throws TypeError where the picture is no asset. */
  readonly download: FileAttachment['download']
}

/** A file, or the picture that a profile has already. */
export type NewPicture = FileSource | Attachment

/** `download` is not enumerable: a profile can be copied to a store or another thread. */
export const pictureOf = (engine: Engine, attachment: Attachment): Picture => {
  const download: Picture['download'] = (options) =>
    downloadFrom(() => {
      const reference = referenceIn(attachment)
      if (reference === undefined) throw new TypeError(`the picture is elsewhere: ${attachment.url}`)
      return downloadAsset(engine, reference, options)
    })
  return Object.defineProperty({ ...attachment }, 'download', { value: download }) as Picture
}

export const isPlaced = (picture: NewPicture): picture is Attachment => 'url' in picture

/** Throws as `uploadAsset` does. */
export const uploadPicture = async (engine: Engine, source: FileSource): Promise<Attachment> => {
  const reference = await uploadAsset(engine, source, { class: 'keep' })
  const type = source.type === undefined || source.type === '' ? 'application/octet-stream' : source.type
  return attachmentFrom(attachmentOf(reference, { contentType: type }))
}

/** Undefined where there is no picture, or one that is no asset. */
export const assetOf = (picture: Attachment | undefined): AssetId | undefined =>
  picture === undefined ? undefined : parseAssetId(picture.url)

/** The files of a message, found in its content and ready to be downloaded. */
import type { Body } from '../../content/body.js'
import type { Content } from '../../content/content.js'
import type { Engine } from '../../engine/engine.js'
import { referenceIn } from '../sealed/assetReference.js'
import { downloadAsset } from './downloadAsset.js'
import type { Download, FileAttachment } from './fileAttachment.js'
import { fileNameIn } from './fileName.js'

/** The assets of a message; files that are elsewhere stand in its content alone, for nobody here fetches them. */
export const attachmentsIn = (engine: Engine, content: Content): readonly FileAttachment[] =>
  bodiesIn(content).flatMap(({ attachment }) => {
    const reference = referenceIn(attachment)
    if (reference === undefined) return []
    const download: FileAttachment['download'] = (options) =>
      downloadFrom(() => downloadAsset(engine, reference, options))
    const { filename, contentType: type, description } = attachment
    return [{ name: fileNameIn(filename), type, size: reference.size, description, download }]
  })

type FileBody = Extract<Body, { readonly type: 'attachment' }>

const bodiesIn = (content: Content | Body): readonly FileBody[] => {
  switch (content.type) {
    case 'attachment':
      return [content]
    case 'multipart':
      return content.parts.flatMap(bodiesIn)
    case 'edit':
      return bodiesIn(content.to)
    case 'text':
    case 'data':
    case 'nothing':
    case 'deletion':
    case 'reaction':
    case 'unreaction':
    case 'status':
    case 'unsupported':
      return []
  }
}

export const downloadFrom = (begin: () => AsyncGenerator<Uint8Array>): Download => ({
  [Symbol.asyncIterator]: begin,
  bytes: async () => {
    const pieces: Uint8Array<ArrayBuffer>[] = []
    for await (const piece of begin()) pieces.push(new Uint8Array(piece))
    return new Uint8Array(await new Blob(pieces).arrayBuffer())
  },
  stream: () => {
    const pieces = begin()
    return new ReadableStream({
      pull: async (controller) => {
        const next = await pieces.next()
        if (next.done === true) controller.close()
        else controller.enqueue(next.value)
      },
      cancel: async () => {
        await pieces.return(undefined)
      },
    })
  },
})

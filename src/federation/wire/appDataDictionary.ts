/** AppDataDictionary (draft-ietf-mls-extensions, §4.6): the extension points of bodies, each component once, in order. */
import { readOpaque, readUint16, readVector } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOpaque, writeUint16, writeVector } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { componentsMax } from './limits.js'

export type ComponentData = { readonly componentId: number; readonly data: Uint8Array }
export type AppDataDictionary = readonly ComponentData[]

const component: Codec<ComponentData> = {
  read: (reader) => ({ componentId: readUint16(reader), data: readOpaque(reader) }),
  write: (writer, { componentId, data }) => {
    writeUint16(writer, componentId)
    writeOpaque(writer, data)
  },
}

export const appDataDictionary: Codec<AppDataDictionary> = {
  read: (reader) => {
    const components = readVector(reader, component.read, componentsMax)
    const inOrder = components.every(({ componentId }, at) => componentId > (components[at - 1]?.componentId ?? -1))
    return inOrder ? components : refuse('malformed', 'componentOrder')
  },
  write: (writer, components) => {
    writeVector(writer, components, component.write)
  },
}

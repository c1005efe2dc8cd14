/** An event as the test server keeps it, and its line in the server's file. */

export type Record = {
  /** A byte offset, as EventStoreDB's positions are: increasing, not dense. */
  readonly position: number
  readonly stream: string
  readonly revision: number
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: Uint8Array
  readonly meta: Uint8Array
  /** Ms since 1970, by the server's clock. */
  readonly created: number
}
export type Proposed = Pick<Record, 'id' | 'type' | 'contentType' | 'data' | 'meta'>

/** The room a record takes in the log, which is how far the next position is away. */
export const sizeOf = ({ stream, type, data, meta }: Omit<Record, 'position'>): number =>
  100 + stream.length + type.length + data.length + meta.length

export const toLine = (record: Record): string => {
  const { stream, revision, id, type, contentType, created } = record
  const [data, meta] = [record.data, record.meta].map((bytes) => Buffer.from(bytes).toString('base64'))
  return `${JSON.stringify([stream, revision, id, type, contentType, created, data, meta])}\n`
}

/** The record of a line, without its position, which follows from the lines before. */
export const fromLine = (line: string): Omit<Record, 'position'> => {
  const [stream, revision, id, type, contentType, created, data, meta] = JSON.parse(line) as [
    string,
    number,
    string,
    string,
    string,
    number,
    string,
    string,
  ]
  const [dataBytes, metaBytes] = [Buffer.from(data, 'base64'), Buffer.from(meta, 'base64')]
  return { stream, revision, id, type, contentType, created, data: dataBytes, meta: metaBytes }
}

/** GridFS blobs after crashes, and snapshots after a change of the log. */
import { expect } from 'chai'
import { ObjectId } from 'mongodb'
import { gridFSBlobs } from '#src/adapters/gridFS/blobs.js'
import { mongoSnapshots } from '#src/adapters/mongoDB/snapshots.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

const dayMs = 24 * 3_600_000

describeMongoDB('In MongoDB', (given) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  beforeEach(async () => {
    database = await freshDatabase(given)
  })
  afterEach(() => database.remove())

  /** What an upload leaves that died so long ago. */
  const died = async (msAgo: number): Promise<ObjectId> => {
    const { db } = database.connection
    const _id = new ObjectId()
    await db.collection('blobs.unfinished').insertOne({ _id, begun: new Date(Date.now() - msAgo) })
    await db.collection('blobs.chunks').insertOne({ files_id: _id, n: 0, data: Buffer.from('half') })
    return _id
  }

  it('chunks of an upload that died are swept after a day, those of one under way are not', async () => {
    await gridFSBlobs(database.connection)
    await died(dayMs + 60_000)
    const underWay = await died(60_000)
    await gridFSBlobs(database.connection)
    const { db } = database.connection
    const left = await db.collection('blobs.chunks').find().toArray()
    expect(left.map((chunk) => String(chunk['files_id']))).to.deep.equal([String(underWay)])
    expect(await db.collection('blobs.unfinished').countDocuments()).to.equal(1)
  })

  it('a blob whose upload was finished but not crossed off is kept', async () => {
    const blobs = await gridFSBlobs(database.connection)
    const digest = await blobs.put(Buffer.from('whole'))
    const { db } = database.connection
    const file = await db.collection('blobs.files').findOne({ filename: digest })
    if (file === null) throw new Error('no file')
    await db.collection('blobs.unfinished').insertOne({ _id: file._id, begun: new Date(Date.now() - 2 * dayMs) })
    const again = await gridFSBlobs(database.connection)
    expect(await again.get(digest)).to.deep.equal(Uint8Array.from(Buffer.from('whole')))
    expect(await db.collection('blobs.unfinished').countDocuments()).to.equal(0)
  })

  it('a removed blob leaves no chunk', async () => {
    const blobs = await gridFSBlobs(database.connection)
    const digest = await blobs.put(new Uint8Array(600_000))
    await Promise.all([blobs.put(Buffer.from('another')), blobs.remove(digest)])
    expect(await database.connection.db.collection('blobs.chunks').countDocuments()).to.equal(1)
  })

  it('snapshots of another log are forgotten', async () => {
    const former = await mongoSnapshots(database.connection, 'log-1')
    await former.save({ stream: 'group-1', version: 1, revision: 64, bytes: Uint8Array.of(1) })
    const anew = await mongoSnapshots(database.connection, 'log-2')
    expect(await anew.latest('group-1', 1)).to.equal(undefined)
    expect(await former.latest('group-1', 1)).to.equal(undefined)
  })
})

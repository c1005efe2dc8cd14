/** Assets in S3, by a real server process that is killed. */
import { openHouse } from '../faults/house.js'
import { survivesKills } from '../api/assets/interrupted.js'
import { describeS3, freshBucket } from './s3.js'

describeS3('Assets in S3', (endpoint) => {
  it('survive kills of the server in the middle of uploads and downloads', async () => {
    const { bucket, credentials } = await freshBucket(endpoint)
    const house = await openHouse({
      S3_BUCKET: bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
      S3_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
    })
    try {
      await survivesKills(house)
    } finally {
      await house.close()
    }
  })
})

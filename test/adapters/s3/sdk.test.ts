/** The SDK of S3 is an optional package: without it the operator is told what to type. */
import { expect } from 'chai'
import { loadSdk, sdkInstall } from '#src/adapters/s3/sdk.js'

describe('the SDK of S3', () => {
  it('names the command that installs it where it is missing', async () => {
    const failure = await loadSdk('@aws-sdk/nobody-installed-this').catch((error: unknown) => error)
    expect(String(failure)).to.equal(`Error: S3_BUCKET needs a package that is not installed: ${sdkInstall}`)
    expect(sdkInstall).to.match(/^npm install --no-save --save-prod @aws-sdk\/client-s3@3\.\d+\.\d+$/)
  })
})

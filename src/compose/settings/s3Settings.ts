/** Where the bytes of assets stand, if S3 is to keep them: out of the settings S3_…, and what is wrong with them together. */
import type { S3Settings } from '../../adapters/s3/connection.js'
import { settingNames } from './settings.js'
import type { Values } from './settings.js'

export const s3SettingNames = settingNames.filter((name) => name.startsWith('S3_'))

/** Undefined: no bucket is named. */
export const s3Of = (values: Values): S3Settings | undefined => {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values
  if (bucket === undefined) return undefined
  const given = accessKeyId !== undefined && secretAccessKey !== undefined
  return {
    bucket,
    prefix: values.S3_PREFIX,
    endpoint: values.S3_ENDPOINT,
    region: values.S3_REGION,
    credentials: given ? { accessKeyId, secretAccessKey } : undefined,
    pathStyle: values.S3_PATH_STYLE === undefined ? values.S3_ENDPOINT !== undefined : values.S3_PATH_STYLE === 'on',
  }
}

/** Half of a configuration would keep bytes elsewhere than its operator believes. */
export const s3Problems = (values: Partial<Values>): readonly string[] => {
  const without = values.S3_BUCKET === undefined
  const alone = (['S3_ENDPOINT', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'S3_PATH_STYLE'] as const).find(
    (name) => values[name] !== undefined,
  )
  return [
    ...(without && alone !== undefined ? [`${alone} is set, and S3_BUCKET is not`] : []),
    ...((values.S3_ACCESS_KEY_ID === undefined) === (values.S3_SECRET_ACCESS_KEY === undefined)
      ? []
      : ['S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are set together, or neither']),
  ]
}

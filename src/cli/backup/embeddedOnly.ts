/** Backups of servers are their own business: EventStoreDB and MongoDB have tools that know them. */
import type { Config } from '../../compose/settings/config.js'

/** Why not, in words; undefined where log and read models are embedded. */
export const notEmbedded = ({ eventStoreUrl, mongoUrl }: Config): string | undefined =>
  eventStoreUrl === undefined && mongoUrl === undefined
    ? undefined
    : 'backup and restore are for the embedded stores; docs/production.md tells how EventStoreDB and MongoDB are backed up'

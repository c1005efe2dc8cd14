/** The port of the operator's log: one line per happening, with allow-listed fields only. */

export type LogFields = { readonly [field: string]: string | number | boolean | undefined }

export type Log = {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

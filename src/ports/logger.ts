/** The port of the operator's log: one line per happening, with allow-listed fields only. */

export type LoggerFields = { readonly [field: string]: string | number | boolean | undefined }

export type Logger = {
  debug(message: string, fields?: LoggerFields): void
  info(message: string, fields?: LoggerFields): void
  warn(message: string, fields?: LoggerFields): void
  error(message: string, fields?: LoggerFields): void
}

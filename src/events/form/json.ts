/** Plain JSON, the only thing facts are made of: no Date, bigint, Buffer or undefined. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json | undefined }

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

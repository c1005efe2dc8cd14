/** What a client may name a command by, so that sending it again does it once. */

export const idempotencyKeyPattern = /^[\x21-\x7e]{1,128}$/
export const idempotencyKeyForm = '1 to 128 printable ASCII characters'

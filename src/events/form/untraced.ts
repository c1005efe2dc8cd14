/**
 * Events that carry no request and are nobody's cause: what a queue is made of is known apart from whose it is, and a message
 * apart from who sent it; a value that two events share would join them.
 */
const types: ReadonlySet<string> = new Set(['QueueCreated', 'QueueDeleted', 'MessageAccepted'])

export const isUntraced = (type: string): boolean => types.has(type) || type.startsWith('Push')

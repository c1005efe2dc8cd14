/** What the decoder of bodies between servers takes at most; the doors have sizes of their own, held before anything is decoded. */

/** One body of any kind: a join with the largest tree is the longest. */
export const bodyBytesMax = 16 * 1024 * 1024
/** A URI of a user, client or room. */
export const uriBytesMax = 1024
/** Words for people: the description of an error, the name of a field. */
export const textBytesMax = 4096
/** The id of a fact at the hub. */
export const eventIdBytesMax = 64
/** Facts that one item is. */
export const eventsMax = 8
/** FanoutMessages, or items, of one request. */
export const itemsMax = 1000
/** Proposals that come beside a proposal or a Commit. */
export const moreProposalsMax = 256
export const pendingProposalsMax = 4096
export const invalidProposalsMax = 4096
export const cipherSuitesMax = 64
/** Clients of one user. */
export const clientsMax = 256
export const componentsMax = 64
export const queryElementsMax = 16
/** Users that a query finds. */
export const foundMax = 256
export const fieldsMax = 64
export const abusiveMessagesMax = 16
/** The profile of a group, as the largest setting of a server of ours has it. */
export const profileBytesMax = 256 * 1024
/** Leaves that a message is for. */
export const targetsMax = 4096

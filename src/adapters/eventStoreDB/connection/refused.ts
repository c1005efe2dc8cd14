/** A call that was not even sent, or is not to be sent again now: trying again at once would only add to what waits. */
import { StoreUnavailable } from '../../../ports/eventStore.js'

export class Refused extends StoreUnavailable {}

/** A call that was not even sent, because too many wait already: trying again at once would only add to them. */
import { StoreUnavailable } from '../../ports/eventStore.js'

export class Refused extends StoreUnavailable {}

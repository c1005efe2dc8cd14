/** The default leases: one process holds the data directory, so they need not outlive it and live in its memory. */
import type { Leases } from '../../ports/leases.js'
import { openMemoryLeases } from '../memory/leases.js'

export const openEmbeddedLeases = (): Leases => openMemoryLeases({ now: Date.now })

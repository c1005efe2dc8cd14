/** What to do about what a server says of itself; docs/production.md tells more under the name at the end. */

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /the log takes no writes: .*(full|no room)/,
    'make room on the disk of DATA_DIR: it goes on by itself within a second (The disk)',
  ],
  [/the log takes no writes/, 'mend or replace the disk of DATA_DIR, then start the server again (The disk)'],
  [/events parked/, 'homeserver projections list names them, and why (Read models)'],
  [
    /a store does not answer/,
    'see whether it runs and can be reached from here: what follows says which one (Starting)',
  ],
  [
    /nothing expires/,
    'look at the clock of that machine (NTP); is it right: homeserver clock accept --why TEXT (The clock)',
  ],
  [/TRUSTED_PROXIES is not set/, 'set TRUSTED_PROXIES to the address of that proxy (Behind a proxy)'],
  [
    / s behind$/,
    'too little CPU, or a store that is slow: it goes on by itself, or homeserver projections list tells why (Read models)',
  ],
]

/** Undefined where nothing need be done. */
export const remedyOf = (said: string): string | undefined => remedies.find(([pattern]) => pattern.test(said))?.[1]

/** The port of things that count once: whoever comes second hears so, also after a restart. */

export type UsedOnce = {
  /** True for the first who asks for a name before `until` (ms); false for everyone after. Durable once it answers. */
  use(name: string, until: number): Promise<boolean>
  close(): Promise<void>
}

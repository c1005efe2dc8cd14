/** A row of the table of deliveries, and how much is under way while its figure is taken. */

export type Row = {
  readonly job: string
  readonly figure: string
  readonly target: string
  readonly 'server CPU each': string
}

export const sendsUnderWay = 128

/** Every act at the door is asked with why. */
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { whyMax } from '../../events/operators.js'

export const whyOption = { why: ['TEXT', `why, in at most ${whyMax} characters: it stays on record`] } as const

/** Throws StartupProblem. */
export const whyIn = ({ why }: { readonly [name: string]: string | undefined }): string => {
  if (why === undefined) throw new StartupProblem(64, '--why TEXT is missing: every act is on record with its reason')
  return why
}

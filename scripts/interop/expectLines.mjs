// What a program said, line by line.

/** Throws unless `output` has these lines and no others; each a text or a pattern. */
export const expectLines = (output, expected) => {
  const lines = output.split('\n').map((line) => line.trimEnd())
  const differs = (line, wanted) => (typeof wanted === 'string' ? line !== wanted : !wanted.test(line ?? ''))
  const at = expected.findIndex((wanted, index) => differs(lines[index], wanted))
  if (at >= 0 || lines.length !== expected.length)
    throw new Error(`line ${at >= 0 ? at + 1 : expected.length + 1} is not as expected:\n${output}`)
}

// The end of `npm test`, from what became of each file.

const longestCount = 10
/** Of an error: mocha's report has the rest. */
const linesMax = 12
const lineMax = 400

export const longestOf = (results) => {
  const timed = results.filter(({ ms }) => ms !== undefined).sort((a, b) => b.ms - a.ms)
  const lines = timed
    .slice(0, longestCount)
    .map(({ ms, file }) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${file}\n`)
  return `\nthe longest of ${results.length} files:\n${lines.join('')}`
}

/** Each failure once more, by its whole title: a log may be known by its end alone. */
export const failuresOf = (results) => {
  const failed = results.flatMap(({ file, failed }) => failed.map((one) => ({ file, ...one })))
  if (failed.length === 0) return ''
  return `\nwhat failed:\n${failed.map(({ file, title, error }) => `- ${title}  (${file})\n${shortened(error)}`).join('')}\n`
}

const shortened = (error) => {
  const lines = error.trimEnd().split('\n')
  const shown = lines.slice(0, linesMax).map((line) => `    ${line.slice(0, lineMax)}\n`)
  return shown.join('') + (lines.length > linesMax ? '    …\n' : '')
}

export const summaryOf = (results) => {
  const total = (count) => results.reduce((sum, each) => sum + each[count], 0)
  const skipped = total('pending') > 0 ? `${total('pending')} skipped\n` : ''
  return `${skipped}${total('passes')} passed, ${total('failures')} failed\n`
}

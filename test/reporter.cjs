// Mocha's spec reporter, then the one line that scripts read: `N passed, M failed`; in a share of a run (scripts/test.mjs),
// whoever shared it out is told instead.
const { reporters } = require('mocha')

module.exports = class extends reporters.Spec {
  epilogue() {
    super.epilogue()
    const { passes = 0, failures = 0, pending = 0 } = this.stats
    if (process.env.TEST_SHARE && process.send) return void process.send({ passes, failures, pending })
    if (pending > 0) process.stdout.write(`${pending} skipped\n`)
    process.stdout.write(`${passes} passed, ${failures} failed\n`)
  }
}

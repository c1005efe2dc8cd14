// Mocha's spec reporter, then the one line that scripts read: `N passed, M failed`.
const { reporters } = require('mocha')

module.exports = class extends reporters.Spec {
  epilogue() {
    super.epilogue()
    const { passes = 0, failures = 0, pending = 0 } = this.stats
    if (pending > 0) process.stdout.write(`${pending} skipped\n`)
    process.stdout.write(`${passes} passed, ${failures} failed\n`)
  }
}

// Mocha's spec reporter, then the one line that scripts read: `N passed, M failed`; in a share of a run (scripts/test.mjs),
// whoever hands out the files is told instead, after each.
const { reporters } = require('mocha')

module.exports = class extends reporters.Spec {
  /** Of its tests and hooks. */
  longestMs = 0

  constructor(runner, options) {
    super(runner, options)
    const look = ({ duration = 0 }) => (this.longestMs = Math.max(this.longestMs, duration))
    runner.on('test end', look).on('hook end', look)
  }

  epilogue() {
    const { passes = 0, failures = 0, pending = 0 } = this.stats
    if (process.env.TEST_SHARE && process.send) {
      if (failures > 0) reporters.Base.list(this.failures)
      const failed = this.failures.map((test) => ({ title: test.fullTitle(), error: errorOf(test.err) }))
      return void process.send({ passes, failures, pending, failed, longestMs: this.longestMs })
    }
    super.epilogue()
    if (pending > 0) process.stdout.write(`${pending} skipped\n`)
    process.stdout.write(`${passes} passed, ${failures} failed\n`)
  }
}

/** Its message, and where it was thrown. */
const errorOf = (error) => String(error?.stack ?? error?.message ?? error)

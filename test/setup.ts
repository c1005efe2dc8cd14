/** Loaded before every test run: a rejection nobody awaited is a failure, not a warning. */
process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(String(reason))
})

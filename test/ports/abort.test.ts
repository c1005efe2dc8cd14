/** An abort is heard, whether it comes later or has already happened. */
import { expect } from 'chai'
import { onAbort, untilAborted, untilWoken } from '#src/ports/abort.js'

describe('an abort', () => {
  for (const when of ['before', 'after'] as const) {
    const abortAround = async (listen: (signal: AbortSignal) => unknown): Promise<void> => {
      const controller = new AbortController()
      if (when === 'before') controller.abort()
      const listening = listen(controller.signal)
      if (when === 'after') controller.abort()
      await listening
    }

    it(`stops what listens for it (${when} it listens)`, async () => {
      let stopped = 0
      await abortAround((signal) => onAbort(signal, () => stopped++))
      expect(stopped).to.equal(1)
    })

    it(`ends every wait (${when} it waits)`, async () => {
      await abortAround(untilAborted)
      await abortAround((signal) => untilWoken(signal, () => () => undefined))
    })
  }

  it('is heard no more by who has stopped listening', () => {
    const controller = new AbortController()
    let stopped = 0
    onAbort(controller.signal, () => stopped++)()
    controller.abort()
    expect(stopped).to.equal(0)
  })

  it('lets a wait end by itself, and be disarmed once', async () => {
    let disarmed = 0
    let rouse = (): void => undefined
    const waiting = untilWoken(new AbortController().signal, (wake) => {
      rouse = wake
      return () => disarmed++
    })
    rouse()
    await waiting
    expect(disarmed).to.equal(1)
  })
})

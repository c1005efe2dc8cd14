// A program that is run to its end and held to what it prints.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { limitMs } from './server.mjs'

export const expectOutput = async (program, args, expected, cwd) => {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs })
  const [said, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  if (code !== 0 || said !== expected)
    throw new Error(`${args[0]} ended with ${code} and said ${JSON.stringify(said)}: ${complaints.trim().slice(-500)}`)
}

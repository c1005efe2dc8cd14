/** What a stream of events/ is called in the log of the server that it is about: there it bears no domain (streams/namesInLog.ts). */
export const ownInLog = (stream: string): string => stream.slice(0, stream.indexOf('@'))

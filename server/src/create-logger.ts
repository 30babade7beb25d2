import pino, { type Logger } from 'pino'
import type { LogLevel } from './config.ts'

const batchLength = 16_384
const maxWaitMs = 500

/**
 * JSON lines on standard error, written in batches: a write per line costs more than the line is
 * worth, even one into the stream's own buffer. `flush` writes what is waiting.
 */
export function createLogger(level: LogLevel): { logger: Logger; flush: () => void } {
  const destination = pino.destination({ dest: 2, sync: false })
  let waiting = ''
  const send = () => {
    if (waiting === '') return
    destination.write(waiting)
    waiting = ''
  }
  const flush = () => {
    send()
    destination.flushSync()
  }
  const stream = {
    write(line: string) {
      waiting += line
      if (waiting.length >= batchLength) send()
    },
  }
  setInterval(send, maxWaitMs).unref()
  // What ends the process is told in its last lines.
  process.once('exit', flush)
  return { logger: pino({ level, base: null, timestamp: createTimestamp() }, stream), flush }
}

/** pino's member for the time, made once per millisecond. */
function createTimestamp(): () => string {
  let atMs = Number.NaN
  let member = ''
  return () => {
    const nowMs = Date.now()
    if (nowMs !== atMs) {
      atMs = nowMs
      member = `,"time":"${new Date(nowMs).toISOString()}"`
    }
    return member
  }
}

import pino, { type Logger } from 'pino'
import type { LogLevel } from './config.ts'

/**
 * JSON lines on standard error, written in batches: a write per line costs more than the line is
 * worth. `flush` writes what is waiting.
 */
export function createLogger(level: LogLevel): { logger: Logger; flush: () => void } {
  const destination = pino.destination({ dest: 2, sync: false, minLength: 4_096 })
  const timer = setInterval(() => destination.flush(), 500)
  timer.unref()
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
  return { logger, flush: () => destination.flushSync() }
}

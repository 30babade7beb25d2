import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Observe } from './observations.ts'

/** Turns what is observed into Prometheus metrics. No label names an account or a credential. */
export function createMetrics(gauges: {
  readonly openSessions: () => number
  readonly requestsInFlight: () => number
  readonly cachedCredentials: () => number
  readonly epoch: () => number
}): { registry: Registry; measure: Observe } {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Histogram({
    name: 'postern_request_duration_seconds',
    help: 'How long requests took, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const refusals = new Counter({
    name: 'postern_refusals_total',
    help: 'Requests that were answered with an error, by operation and error code.',
    labelNames: ['operation', 'code'],
    registers,
  })
  const bytes = new Counter({
    name: 'postern_response_bytes_total',
    help: 'Bytes of answers, by operation.',
    labelNames: ['operation'],
    registers,
  })
  const verifications = new Counter({
    name: 'postern_credential_verifications_total',
    help: 'Credentials verified, by where the proof came from.',
    labelNames: ['from'],
    registers,
  })
  const events = new Counter({
    name: 'postern_events_total',
    help: 'Other events, by name.',
    labelNames: ['event'],
    registers,
  })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('postern_sessions_open', 'Database sessions open for requests.', gauges.openSessions)
  gauge('postern_requests_in_flight', 'Requests being answered.', gauges.requestsInFlight)
  gauge('postern_credentials_cached', 'Verified credentials in memory.', gauges.cachedCredentials)
  gauge('postern_epoch', 'The revocation epoch this node is complete to.', gauges.epoch)

  return {
    registry,
    measure(observation) {
      switch (observation.event) {
        case 'request_completed': {
          const { operation, status, error } = observation
          requests.observe({ operation, status }, observation.durationMs / 1000)
          bytes.inc({ operation }, observation.bytesSent)
          if (error !== undefined) refusals.inc({ operation, code: error })
          return
        }
        case 'credential_verified':
          verifications.inc({ from: observation.from })
          return
        default:
          events.inc({ event: observation.event })
      }
    },
  }
}

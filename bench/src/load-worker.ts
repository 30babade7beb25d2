import { type Load, type LoadResult, runLoad } from './http-load.ts'
import { answerParent } from './worker.ts'

/** A process that sends requests, so that sending them does not slow down whoever counts. */
answerParent<Load, LoadResult>(runLoad)

import { type ChildProcess, fork } from 'node:child_process'

/** A process of ours that answers questions, one at a time. */
export type Worker<Question, Answer> = {
  ask(question: Question): Promise<Answer>
  stop(): Promise<void>
}

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string }

/**
 * Starts a module of this directory as a process of its own. What it works with is sent to it, not
 * put on its command line or into its environment, where others could read it.
 */
export function startWorker<Question, Answer>(module: string): Worker<Question, Answer> {
  const child = fork(new URL(`./${module}.js`, import.meta.url), { stdio: 'inherit' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    ask: (question) => askChild(child, question),
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

function askChild<Answer>(child: ChildProcess, question: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('A process of the benchmark ended too early.'))
    child.once('exit', onExit)
    child.once('message', (reply: Reply<Answer>) => {
      child.off('exit', onExit)
      if ('failure' in reply) reject(new Error(reply.failure))
      else resolve(reply.answer)
    })
    child.send(question as object)
  })
}

/** The other side: answers every question, and ends when the parent hangs up or has ended. */
export function answerParent<Question, Answer>(
  answer: (question: Question) => Promise<Answer>,
): void {
  // Ctrl-C reaches every process of the terminal. The parent decides when this one ends.
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit())
  process.on('message', (question: Question) => {
    const send = (reply: Reply<Answer>) => process.send?.(reply)
    answer(question).then(
      (answered) => send({ answer: answered }),
      (error: unknown) => send({ failure: String(error) }),
    )
  })
}

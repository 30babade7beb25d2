type Ask = () => Promise<boolean>

let ask: Ask = async () => false
let asking: Promise<boolean> | undefined

/** Says how the user is asked to prove that it is really them; returns how to take that back. */
export function whenConfirmationIsNeeded(how: Ask): () => void {
  ask = how
  return () => {
    ask = async () => false
  }
}

/** Asks once, however many requests wait for the answer. Resolves to whether it was them. */
export function askToConfirm(): Promise<boolean> {
  asking ??= ask().finally(() => {
    asking = undefined
  })
  return asking
}

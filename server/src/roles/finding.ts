/** Something that a check has to say to the operator. */
export type Finding = {
  readonly severity: 'ok' | 'warning' | 'problem' | 'mended'
  /** What it is about: a database, a role, a setting. */
  readonly subject: string
  readonly sentence: string
  /** What to do about it: a sentence, or the command to run. */
  readonly remedy?: string
}

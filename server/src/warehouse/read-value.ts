import type { Session, Statement } from './session.ts'

/**
 * Runs one of our own statements and returns the bytes of the first column of its first row;
 * undefined when there is no row or the value is null.
 */
export async function readBytes(
  session: Session,
  statement: Statement,
): Promise<Buffer | undefined> {
  let value: Buffer | undefined
  await session.run(statement, {
    row(buffer, offset) {
      const length = buffer.readInt32BE(offset)
      if (length >= 0) value ??= Buffer.from(buffer.subarray(offset + 4, offset + 4 + length))
    },
  })
  await session.settled()
  return value
}

/** Like readBytes, for a value that is JSON. */
export async function readJson<T>(session: Session, statement: Statement): Promise<T | undefined> {
  const bytes = await readBytes(session, statement)
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as T)
}

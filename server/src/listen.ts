import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'

/** Listens where the settings say; returns the port. Throws a sentence that names the setting. */
export async function listen(app: FastifyInstance, config: Config): Promise<number> {
  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    throw listenError(error, config)
  }
  return (app.server.address() as AddressInfo).port
}

function listenError(error: unknown, { host, port }: Config): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    return new Error(
      `Something else already listens on ${host}:${port}. Choose another port with POSTERN_PORT.`,
    )
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Error(`This machine has no address ${host}. Choose another with POSTERN_HOST.`)
  }
  if (code === 'EACCES') {
    return new Error(`This user may not listen on port ${port}. Choose another with POSTERN_PORT.`)
  }
  return error
}

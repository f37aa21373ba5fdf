/**
 * The Unix socket `.s.PGSQL.<port>` in a directory, where libpq looks for it. Only the user that runs the
 * server may open it.
 */

import { chmodSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'

/** Rejects with the system's error; EADDRINUSE when another server answers there. */
export async function listenOnUnixSocket(
  directory: string,
  port: number,
  accept: (socket: Socket) => void,
): Promise<Server> {
  const path = join(directory, `.s.PGSQL.${port}`)
  await removeStale(path)
  const server = createServer(accept)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
  chmodSync(path, 0o700)
  return server
}

/** A server that was killed leaves its socket behind: nobody answers there. */
async function removeStale(path: string): Promise<void> {
  const isRefused = await new Promise<boolean>(resolve => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(false)
    })
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
  if (isRefused) unlinkSync(path)
}

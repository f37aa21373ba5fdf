/**
 * Loaded into a server process by ServerProcess, with --expose-gc: answers `memory` with what is left after
 * full garbage collections, so that a leak is not mistaken for garbage, nor garbage for a leak.
 */

process.on('message', async message => {
  if (message !== 'memory') return
  // Finalizers run between collections, and free more.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc!()
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send!({ heapBytes: heapUsed, externalBytes: external, residentBytes: rss })
})
// The channel alone does not keep the server alive.
process.channel!.unref()

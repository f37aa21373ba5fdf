/**
 * Records what a real PostgreSQL 15 answers to the scripted sessions:
 *
 *     npm run build && node dist/test/server/pgwire/sessions/record.js
 */

import { startPostgres } from '../../../support/postgres-server.ts'
import { scriptsByTopic } from './all-scripts.ts'
import { writeRecording } from './recording.ts'
import { ScriptRunner } from './run-script.ts'
import { preparePostgres } from './targets.ts'

const postgres = await startPostgres()
try {
  const runner = new ScriptRunner(await preparePostgres(postgres))
  for (const [topic, scripts] of Object.entries(scriptsByTopic)) {
    const transcripts = new Map<string, string>()
    for (const script of scripts) transcripts.set(script.name, await runner.run(script))
    writeRecording(topic, transcripts)
    process.stdout.write(`${topic}: ${transcripts.size} sessions\n`)
  }
  runner.close()
} finally {
  await postgres.stop()
}

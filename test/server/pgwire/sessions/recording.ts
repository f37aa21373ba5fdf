/** What PostgreSQL 15 answered to the scripted sessions: a text file for each topic, in `recorded/`. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../support/project-root.ts'

const folder = join(projectRoot, 'test/server/pgwire/sessions/recorded')
const heading = '== '

/** Transcripts by the names of their scripts. */
export function readRecording(topic: string): ReadonlyMap<string, string> {
  const sections = `\n${readFileSync(fileOf(topic), 'utf8')}`.split(`\n${heading}`).slice(1)
  return new Map(
    sections.map(section => {
      const nameEnd = section.indexOf('\n')
      return [section.slice(0, nameEnd), section.slice(nameEnd + 1).trimEnd()]
    }),
  )
}

export function writeRecording(topic: string, transcripts: ReadonlyMap<string, string>): void {
  const sections = [...transcripts].map(([name, text]) => `${heading}${name}\n${text}\n`)
  writeFileSync(fileOf(topic), sections.join('\n'))
}

function fileOf(topic: string): string {
  return join(folder, `${topic}.txt`)
}

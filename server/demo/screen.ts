/** The demo's screen: a table of the worst servers of the last minute and the latest alerts, as text. */

export interface Screen {
  readonly url: string
  /** Telemetry rows behind the scores so far. */
  readonly readings: number
  readonly minute: Date
  readonly worst: readonly {
    readonly server: number
    readonly rack: string
    readonly score: number
    readonly temperature: number
    readonly power: number
    readonly load: number
    readonly network: number
  }[]
  readonly alerts: readonly {
    readonly minute: Date
    readonly server: number
    readonly rack: string
    readonly score: number
  }[]
}

const BAR_WIDTH = 20
const CLEAR = '\u001b[H\u001b[2J'
const RED = '\u001b[31m'
const RESET = '\u001b[0m'
const ALERT_SCORE = 0.9

/** `onTerminal`: clears the screen first and colours alerts. */
export function renderScreen(screen: Screen, onTerminal: boolean): string {
  const paint = (text: string, score: number): string =>
    onTerminal && score > ALERT_SCORE ? RED + text + RESET : text
  const lines = [
    `Millrace demo: 200 servers, minute ${clock(screen.minute)}, ${grouped(screen.readings)} readings scored`,
    '',
    'server  rack      temperature    power   load   network   anomaly',
    ...screen.worst.map(row =>
      paint(
        `${String(row.server).padStart(6)}  ${row.rack}  ${row.temperature.toFixed(1).padStart(8)} °C  ` +
          `${row.power.toFixed(0).padStart(5)} W  ${row.load.toFixed(2)}  ` +
          `${row.network.toFixed(0).padStart(5)} Mb/s  ` +
          `${bar(row.score)} ${row.score.toFixed(2)}`,
        row.score,
      ),
    ),
    '',
    'latest alerts',
    ...(screen.alerts.length === 0
      ? ['  none yet']
      : screen.alerts.map(row =>
          paint(
            `  ${clock(row.minute)}  server ${String(row.server).padStart(3)} in ${row.rack}  ` +
              row.score.toFixed(2),
            row.score,
          ),
        )),
    '',
    `look inside:  psql ${screen.url} -c 'SELECT * FROM rack_alerts ORDER BY worst DESC'`,
    'stop:         Ctrl-C',
    '',
  ]
  return (onTerminal ? CLEAR : '') + lines.join('\n')
}

function bar(score: number): string {
  const filled = Math.round(score * BAR_WIDTH)
  return '█'.repeat(filled) + '·'.repeat(BAR_WIDTH - filled)
}

function grouped(count: number): string {
  return count.toLocaleString('en')
}

function clock(time: Date): string {
  return time.toISOString().slice(11, 16)
}

/**
 * A real Apache Kafka broker: KAFKA_BOOTSTRAP if set, else one KRaft node started from its Maven artifacts
 * (test/support/kafka/pom.xml) with its data under .cache/.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { projectRoot } from './project-root.ts'

const run = promisify(execFile)

/** How long a broker may take until it answers. */
export const START_TIMEOUT_MS = 90_000
const PASSWORD = 'alice-secret'

/** SASL_SSL with PLAIN and SCRAM-SHA-256, and a certificate that signs itself. */
export interface SecureListener {
  readonly bootstrap: string
  readonly certificate: string
  readonly username: string
  readonly password: string
}

export interface TestBroker {
  /** host:port. */
  readonly bootstrap: string
  /** False for a broker that is not ours to stop. */
  readonly canRestart: boolean
  /** A second listener with TLS and SASL; undefined for a broker that is not ours. */
  readonly secure: SecureListener | undefined
  /** kafkajs's own client, for producing and checking. */
  client(): Kafka
  createTopic(name: string, partitions: number): Promise<void>
  /** Kills the broker as a power cut does. */
  kill(): Promise<void>
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>
  /** Stops a broker of ours and removes its data. */
  dispose(): Promise<void>
}

/** Starts a broker, or connects to that of KAFKA_BOOTSTRAP. Whoever starts it disposes of it. */
export async function startBroker(): Promise<TestBroker> {
  const external = process.env.KAFKA_BOOTSTRAP
  if (external !== undefined && external !== '') return new ExternalBroker(external)
  const cache = path.join(projectRoot, '.cache', 'kafka')
  await mkdir(cache, { recursive: true })
  const broker = new LocalBroker(path.join(cache, `run-${process.pid}`), await classpath(cache))
  await broker.format()
  await broker.start()
  return broker
}

/** The artifacts' class path, resolved by Maven once. */
async function classpath(cache: string): Promise<string> {
  const file = path.join(cache, 'classpath')
  if (existsSync(file)) {
    const known = await readFile(file, 'utf8')
    if (known.split(':').every(jar => existsSync(jar))) return known
  }
  const pom = path.join(projectRoot, 'test', 'support', 'kafka', 'pom.xml')
  await run('mvn', ['-q', '-B', '-f', pom, 'dependency:build-classpath', `-Dmdep.outputFile=${file}`])
  return readFile(file, 'utf8')
}

abstract class BaseBroker implements TestBroker {
  abstract readonly bootstrap: string
  abstract readonly canRestart: boolean
  abstract readonly secure: SecureListener | undefined

  client(): Kafka {
    return new Kafka({
      brokers: [this.bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 500 },
    })
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    const admin = this.client().admin()
    await admin.connect()
    try {
      // Records of tests carry old times; the default retention would delete them within a minute.
      const configEntries = [{ name: 'retention.ms', value: '-1' }]
      await admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic: name, numPartitions: partitions, replicationFactor: 1, configEntries }],
      })
    } finally {
      await admin.disconnect()
    }
  }

  abstract kill(): Promise<void>
  abstract start(): Promise<void>
  abstract dispose(): Promise<void>
}

class ExternalBroker extends BaseBroker {
  readonly bootstrap: string
  readonly canRestart = false
  readonly secure = undefined

  constructor(bootstrap: string) {
    super()
    this.bootstrap = bootstrap
  }

  async kill(): Promise<void> {
    throw new Error('the broker of KAFKA_BOOTSTRAP is not ours to stop')
  }

  async start(): Promise<void> {
    throw new Error('the broker of KAFKA_BOOTSTRAP is not ours to start')
  }

  async dispose(): Promise<void> {
    // It goes on without us.
  }
}

class LocalBroker extends BaseBroker {
  readonly canRestart = true
  readonly #directory: string
  readonly #classpath: string
  #port = 0
  #securePort = 0
  #controllerPort = 0
  #certificate = ''
  #process: ChildProcess | undefined

  constructor(directory: string, classPath: string) {
    super()
    this.#directory = directory
    this.#classpath = classPath
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`
  }

  get secure(): SecureListener {
    const bootstrap = `127.0.0.1:${this.#securePort}`
    return { bootstrap, certificate: this.#certificate, username: 'alice', password: PASSWORD }
  }

  async format(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
    await mkdir(this.#directory, { recursive: true })
    this.#port = await freePort()
    this.#securePort = await freePort()
    this.#controllerPort = await freePort()
    await this.#createCertificate()
    await writeFile(this.#file('server.properties'), this.#properties())
    await writeFile(this.#file('log4j2.properties'), logging(this.#file('broker.log')))
    const clusterId = Buffer.from(`millrace-test-${process.pid}`.padEnd(16).slice(0, 16)).toString(
      'base64url',
    )
    const format = [
      'kafka.tools.StorageTool',
      'format',
      '-t',
      clusterId,
      '-c',
      this.#file('server.properties'),
    ]
    const user = ['--add-scram', `SCRAM-SHA-256=[name=alice,password=${PASSWORD}]`]
    await run('java', [...this.#javaOptions(), ...format, ...user])
  }

  async start(): Promise<void> {
    const child = spawn('java', [...this.#javaOptions(), 'kafka.Kafka', this.#file('server.properties')], {
      stdio: 'ignore',
    })
    this.#process = child
    process.once('exit', () => child.kill('SIGKILL'))
    const deadline = Date.now() + START_TIMEOUT_MS
    while (!(await this.#answers())) {
      if (child.exitCode !== null) throw new Error(`Kafka ended at start; see ${this.#file('broker.log')}`)
      if (Date.now() > deadline) throw new Error(`Kafka was not ready after ${START_TIMEOUT_MS / 1000} s`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  async dispose(): Promise<void> {
    await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** True when the broker port takes connections: in KRaft that is after it caught up. */
  #answers(): Promise<boolean> {
    return new Promise(resolve => {
      const socket = connect(this.#port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
  }

  async #createCertificate(): Promise<void> {
    const store = ['-keystore', this.#file('keystore.p12'), '-storepass', PASSWORD, '-alias', 'broker']
    const subject = [
      '-dname',
      'CN=127.0.0.1',
      '-ext',
      'san=ip:127.0.0.1',
      '-keyalg',
      'EC',
      '-validity',
      '3650',
    ]
    await run('keytool', ['-genkeypair', ...store, ...subject])
    this.#certificate = (await run('keytool', ['-exportcert', '-rfc', ...store])).stdout
  }

  #file(name: string): string {
    return path.join(this.#directory, name)
  }

  #javaOptions(): string[] {
    const log = `-Dlog4j2.configurationFile=${this.#file('log4j2.properties')}`
    return ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', log, '-cp', this.#classpath]
  }

  #properties(): string {
    const security = 'org.apache.kafka.common.security'
    const plain = `${security}.plain.PlainLoginModule`
    const listeners = `PLAINTEXT://127.0.0.1:${this.#port},SECURE://127.0.0.1:${this.#securePort}`
    return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${this.#controllerPort}
listeners=${listeners},CONTROLLER://127.0.0.1:${this.#controllerPort}
advertised.listeners=${listeners}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.secure.plain.sasl.jaas.config=${plain} required user_alice="${PASSWORD}";
listener.name.secure.scram-sha-256.sasl.jaas.config=${security}.scram.ScramLoginModule required;
ssl.keystore.location=${this.#file('keystore.p12')}
ssl.keystore.password=${PASSWORD}
log.dirs=${this.#file('data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.ms=-1
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
`
  }
}

function logging(file: string): string {
  return `rootLogger.level=WARN
rootLogger.appenderRef.f.ref=F
appender.f.type=File
appender.f.name=F
appender.f.fileName=${file}
appender.f.layout.type=PatternLayout
appender.f.layout.pattern=%d %p %m (%c)%n
`
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject()))
    })
  })
}

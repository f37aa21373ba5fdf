/** The options of the kafka connector that say how to reach a cluster, for sources and sinks alike. */

import type { ConnectionOptions } from 'node:tls'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { OptionReader } from '../options.ts'

export interface KafkaConnection {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl: ConnectionOptions | undefined
  readonly sasl: SaslOptions | undefined
}

export interface SaslOptions {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** Knobs of librdkafka and Java clients that mean nothing here; scripts made for those keep working. */
const ignoredOptions = [
  'group.id.prefix',
  'properties.group.id',
  'properties.message.max.bytes',
  'properties.receive.message.max.bytes',
  'properties.statistics.interval.ms',
  'properties.enable.auto.commit',
  'properties.queued.min.messages',
  'properties.queued.max.messages.kbytes',
  'properties.fetch.queue.backoff.ms',
  'properties.fetch.wait.max.ms',
  'properties.linger.ms',
  'properties.queue.buffering.max.ms',
  'properties.queue.buffering.max.messages',
  'properties.queue.buffering.max.kbytes',
  'properties.batch.size',
  'properties.batch.num.messages',
  'properties.acks',
  'properties.retries',
  'properties.message.send.max.retries',
  'properties.retry.backoff.ms',
  'properties.max.in.flight.requests.per.connection',
  'properties.enable.idempotence',
  'properties.message.timeout.ms',
  'properties.request.required.acks',
  'properties.receive.buffer.bytes',
  'properties.socket.keepalive.enable',
  'properties.allow.auto.create.topics',
  'properties.sticky.partitioning.linger.ms',
]

/** Reads the topic's cluster, TLS and SASL options. Errors name options, never credentials. */
export function readConnection(options: OptionReader): KafkaConnection {
  options.ignore(...ignoredOptions)
  const servers = options.required(
    'properties.bootstrap.server',
    'properties.bootstrap.servers',
    'kafka.brokers',
  )
  const protocol =
    options.oneOf('properties.security.protocol', ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']) ??
    'PLAINTEXT'
  const sasl = readSasl(options)
  const ssl = readSsl(options)
  if (protocol.startsWith('SASL') && sasl === undefined) {
    throw new SqlError(
      SqlState.invalidParameterValue,
      `option "properties.sasl.mechanism" is required for security protocol ${protocol}`,
    )
  }
  return {
    brokers: servers.split(',').map(server => readServer(server.trim())),
    clientId: options.text('properties.client.id') ?? 'millrace',
    ssl: protocol.endsWith('SSL') ? ssl : undefined,
    sasl: protocol.startsWith('SASL') ? sasl : undefined,
  }
}

function readServer(server: string): string {
  if (/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/.test(server)) return server
  throw new SqlError(SqlState.invalidParameterValue, `invalid bootstrap server "${server}"`, {
    hint: 'Servers are written host:port, separated by commas.',
  })
}

function readSasl(options: OptionReader): SaslOptions | undefined {
  const mechanism = options.text('properties.sasl.mechanism', 'properties.sasl.mechanisms')?.toLowerCase()
  const username = options.text('properties.sasl.username')
  const password = options.text('properties.sasl.password')
  if (mechanism === undefined) return undefined
  if (mechanism !== 'plain' && mechanism !== 'scram-sha-256' && mechanism !== 'scram-sha-512') {
    throw notSupported(`SASL mechanism ${mechanism.toUpperCase()}`, {
      hint: 'PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are supported.',
    })
  }
  if (username === undefined || password === undefined) {
    throw new SqlError(
      SqlState.invalidParameterValue,
      'options "properties.sasl.username" and "properties.sasl.password" are required for SASL',
    )
  }
  return { mechanism, username, password }
}

/** Certificates and keys are given as PEM text. */
function readSsl(options: OptionReader): ConnectionOptions {
  const ssl: ConnectionOptions = {}
  const ca = options.text('properties.ssl.ca.pem')
  const cert = options.text('properties.ssl.certificate.pem')
  const key = options.text('properties.ssl.key.pem')
  const passphrase = options.text('properties.ssl.key.password')
  for (const file of ['ca', 'certificate', 'key']) {
    if (options.text(`properties.ssl.${file}.location`) === undefined) continue
    throw notSupported(`option "properties.ssl.${file}.location"`, {
      hint: `Give the PEM text itself: properties.ssl.${file}.pem. Clients do not name the server's files.`,
    })
  }
  if (ca !== undefined) ssl.ca = ca
  if (cert !== undefined) ssl.cert = cert
  if (key !== undefined) ssl.key = key
  if (passphrase !== undefined) ssl.passphrase = passphrase
  if (options.boolean('properties.enable.ssl.certificate.verification') === false)
    ssl.rejectUnauthorized = false
  if (options.oneOf('properties.ssl.endpoint.identification.algorithm', ['https', 'none']) === 'none') {
    ssl.checkServerIdentity = () => undefined
  }
  return ssl
}

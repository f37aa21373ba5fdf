/** From the first byte: encryption, versions, parameters of the start-up packet; absurd frames. */

import { frame, startup } from '../../../support/wire-client.ts'
import { error, fatal, noFunctionCalls, protocolTwo, saysWhyItCloses } from './differences.ts'
import { int16, int32, query, sync } from './messages.ts'
import { readByte, type Script } from './script.ts'

const user = { user: 'tester', database: 'dev' }
const login = startup(user)
const request = (code: number) => Buffer.concat([int32(8), int32(code)])
const sslRequest = request(80877103)
const gssRequest = request(80877104)
const version = (major: number, minor: number) => (major << 16) | minor

/** What is answered to SELECT 2. */
const two = [
  'RowDescription\n  "?column?" type 23 size 4 modifier -1 text',
  'DataRow "2"',
  'CommandComplete SELECT 1',
  'ReadyForQuery I',
].join('\n')

const noCallFields = 'C 0A000\n  M function calls by message are not supported'
const noCall = error('0A000', 'function calls by message are not supported')

/** Of a user whose name is nobody. */
const greeting = [
  ...['application_name=', 'client_encoding=UTF8', 'DateStyle=ISO, MDY', 'default_transaction_read_only=off'],
  ...['in_hot_standby=off', 'integer_datetimes=on', 'IntervalStyle=postgres', 'is_superuser=on'],
  ...['server_encoding=UTF8', 'server_version=15', 'session_authorization=nobody'],
  ...['standard_conforming_strings=on', 'TimeZone=UTC'],
]
  .map(status => `ParameterStatus ${status}`)
  .concat('BackendKeyData, a secret of 4 bytes', 'ReadyForQuery I')
  .join('\n')

const logins: readonly Script[] = [
  { name: 'start-up', isFromStart: true, steps: [login] },
  { name: 'SSLRequest', isFromStart: true, steps: [sslRequest, readByte, login] },
  { name: 'GSSENCRequest', isFromStart: true, isLocal: true, steps: [gssRequest, readByte, login] },
  {
    name: 'both requests for encryption',
    isFromStart: true,
    isLocal: true,
    steps: [gssRequest, readByte, sslRequest, readByte, login],
  },
  {
    name: 'SSLRequest twice',
    isFromStart: true,
    steps: [sslRequest, readByte, sslRequest],
    differs: { why: protocolTwo, changes: [['to 3.0', 'to 3.2']] },
  },
  {
    name: 'a newer minor version',
    isFromStart: true,
    steps: [startup(user, version(3, 9999))],
    differs: {
      why: protocolTwo,
      changes: [
        ['NegotiateProtocolVersion 3.0', 'NegotiateProtocolVersion 3.2'],
        ['secret of 4', 'secret of 32'],
      ],
    },
  },
  {
    name: 'protocol 3.2',
    isFromStart: true,
    steps: [startup(user, version(3, 2))],
    differs: {
      why: protocolTwo,
      changes: [
        ['NegotiateProtocolVersion 3.0\n', ''],
        ['secret of 4', 'secret of 32'],
      ],
    },
  },
  {
    name: 'protocol 3.1',
    isFromStart: true,
    steps: [startup(user, version(3, 1))],
    differs: { why: protocolTwo, changes: [['NegotiateProtocolVersion 3.0\n', '']] },
  },
  {
    name: 'protocol options that are not known',
    isFromStart: true,
    steps: [startup({ ...user, '_pq_.a': '1', '_pq_.b': '' })],
  },
  {
    name: 'an old major version',
    isFromStart: true,
    steps: [startup(user, version(2, 0))],
    differs: {
      why: 'PostgreSQL answers in the format of protocol 2, of which this test reads nothing',
      changes: [['', fatal('0A000', 'unsupported frontend protocol 2.0: server supports 3.0 to 3.2')]],
    },
  },
  {
    name: 'a new major version',
    isFromStart: true,
    steps: [startup(user, version(4, 0))],
    differs: { why: protocolTwo, changes: [['to 3.0', 'to 3.2']] },
  },
  { name: 'no user', isFromStart: true, steps: [startup({ database: 'dev' })] },
  { name: 'an empty user', isFromStart: true, steps: [startup({ user: '', database: 'dev' })] },
  {
    name: 'an unknown database',
    isFromStart: true,
    steps: [startup({ user: 'tester', database: 'nope' })],
    differs: {
      why: 'a server has one database',
      changes: [['does not exist', 'does not exist\n  H The only database is "dev".']],
    },
  },
  {
    name: 'an unknown user',
    isFromStart: true,
    steps: [startup({ user: 'nobody', database: 'dev' })],
    differs: {
      why: 'without roles everybody on this machine is the superuser',
      changes: [[fatal('28000', 'role "nobody" does not exist'), greeting]],
    },
  },
  {
    name: 'parameters that are settings',
    isFromStart: true,
    steps: [
      startup({
        ...user,
        application_name: 'x',
        TimeZone: 'Europe/Berlin',
        DateStyle: 'ISO, DMY',
        statement_timeout: '5s',
      }),
      query('SHOW statement_timeout'),
    ],
  },
  {
    name: 'options',
    isFromStart: true,
    steps: [
      startup({ ...user, options: '-c application_name=a\\ b --statement-timeout=7s' }),
      query('SHOW statement_timeout'),
    ],
  },
  { name: 'a parameter that is no setting', isFromStart: true, steps: [startup({ ...user, nope: '1' })] },
  {
    name: 'a setting with a wrong value',
    isFromStart: true,
    steps: [startup({ ...user, statement_timeout: 'x' })],
  },
  {
    name: 'options that make no sense',
    isFromStart: true,
    steps: [startup({ ...user, options: 'nope' })],
    differs: {
      why: 'there is no program postgres',
      changes: [
        ['Authentication 0\n', ''],
        ['\n  H Try "postgres --help" for more information.', ''],
      ],
    },
  },
  {
    name: 'start-up without a terminator',
    isFromStart: true,
    steps: [Buffer.concat([int32(13), int32(version(3, 0)), Buffer.from('user\0')])],
  },
  {
    name: 'start-up of an absurd length',
    isFromStart: true,
    steps: [Buffer.concat([int32(0x7fffffff), int32(version(3, 0))])],
    differs: saysWhyItCloses('invalid length of startup packet'),
  },
  {
    name: 'start-up that is too short',
    isFromStart: true,
    steps: [Buffer.concat([int32(4)])],
    differs: saysWhyItCloses('invalid length of startup packet'),
  },
  {
    name: 'a cancel request of nobody',
    isFromStart: true,
    steps: [Buffer.concat([int32(16), int32(80877102), int32(999999), int32(1)])],
  },
  { name: 'Terminate at once', steps: [] },
  {
    name: 'messages sent with the start-up packet',
    isFromStart: true,
    steps: [login, query('SELECT 1'), sync],
  },
]

const frames: readonly Script[] = [
  { name: 'an unknown message', steps: [query('SELECT 1'), frame('!', 'x'), query('SELECT 2')] },
  { name: 'a message of the server', steps: [frame('Z', 'I'), query('SELECT 2')] },
  { name: 'a password without a question', steps: [frame('p', 'secret\0'), query('SELECT 2')] },
  {
    name: 'a length below four',
    steps: [Buffer.concat([Buffer.from('Q'), int32(3)]), query('SELECT 2')],
    differs: saysWhyItCloses('invalid message length'),
  },
  {
    name: 'a negative length',
    steps: [Buffer.concat([Buffer.from('Q'), int32(-1)]), query('SELECT 2')],
    differs: saysWhyItCloses('invalid message length'),
  },
  {
    name: 'a length of more than a gigabyte',
    steps: [Buffer.concat([Buffer.from('Q'), int32(0x40000000)])],
    differs: saysWhyItCloses('invalid message length'),
  },
  { name: 'an unknown message after an error', steps: [frame('P', 'x'), frame('!', 'x'), sync] },
  {
    name: 'a message that is too long for its type',
    steps: [frame('S', Buffer.alloc(20_000)), query('SELECT 2')],
    differs: {
      why: 'a message that is too long is skipped or refused, and the connection goes on',
      changes: [['', `${error('08P01', 'invalid message format')}\nReadyForQuery I\n${two}`]],
    },
  },
  {
    name: 'a call of a function by message',
    steps: [
      frame('F', Buffer.concat([int32(1317), int16(0), int16(1), int32(3), Buffer.from('abc'), int16(0)])),
      query('SELECT 2'),
    ],
    differs: { why: noFunctionCalls, changes: [['FunctionCallResponse 0x0000000133', noCall]] },
  },
  {
    name: 'a call of a function that there is not',
    steps: [frame('F', Buffer.concat([int32(99999), int16(0), int16(0), int16(0)])), query('SELECT 2')],
    differs: {
      why: noFunctionCalls,
      changes: [['C 42883\n  M function with OID 99999 does not exist', noCallFields]],
    },
  },
  {
    name: 'a call of a function in a failed transaction',
    steps: [
      query('BEGIN'),
      query('SELECT nope'),
      frame('F', Buffer.concat([int32(1317), int16(0), int16(0), int16(0)])),
      query('ROLLBACK'),
    ],
    differs: {
      why: noFunctionCalls,
      changes: [
        [
          'C 25P02\n  M current transaction is aborted, commands ignored until end of transaction block',
          noCallFields,
        ],
      ],
    },
  },
  {
    name: 'a malformed call of a function',
    steps: [frame('F', 'x'), query('SELECT 2')],
    differs: {
      why: noFunctionCalls,
      changes: [['C 08P01\n  M insufficient data left in message', noCallFields]],
    },
  },
]

export const startupScripts = [...logins, ...frames]

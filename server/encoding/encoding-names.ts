/** The encodings that clients may have, by the names that PostgreSQL knows. */

import { SqlError, SqlState } from '../../planner/errors.ts'

/** Text is kept in UTF-8; SQL_ASCII means that the client takes and gives it as it is. */
export type ClientEncoding = 'UTF8' | 'SQL_ASCII' | 'LATIN1'

const ours: ReadonlyMap<string, ClientEncoding> = new Map([
  ['utf8', 'UTF8'],
  ['unicode', 'UTF8'],
  ['sqlascii', 'SQL_ASCII'],
  ['latin1', 'LATIN1'],
  ['iso88591', 'LATIN1'],
])

/** PostgreSQL's other encodings and their aliases. */
const others: ReadonlySet<string> = new Set(
  (
    'abc alt big5 euccn eucjis2004 eucjp euckr euctw gb18030 gbk iso885910 iso885913 iso885914 ' +
    'iso885915 iso885916 iso88592 iso88595 iso88596 iso88597 iso88598 iso88599 johab koi8 koi8r ' +
    'koi8u latin10 latin2 latin3 latin4 latin5 latin6 latin7 latin8 latin9 mskanji muleinternal ' +
    'shiftjis shiftjis2004 sjis tcvn tcvn5712 uhc vscii win win1250 win1251 win1252 win1253 win1254 ' +
    'win1255 win1256 win1257 win1258 win866 win874 win932 win936 win949 win950 windows1250 ' +
    'windows1251 windows1252 windows1253 windows1254 windows1255 windows1256 windows1257 windows1258 ' +
    'windows866 windows874 windows932 windows936 windows949 windows950'
  ).split(' '),
)

/** The encoding of a name: letters in any case and digits count. 'other': PostgreSQL has it, we have not. */
export function findEncoding(name: string): ClientEncoding | 'other' | undefined {
  const key = name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase()
  return ours.get(key) ?? (others.has(key) ? 'other' : undefined)
}

/** client_encoding's value: the encoding's own name. */
export function clientEncoding(name: string, text: string): ClientEncoding {
  const encoding = findEncoding(text)
  if (encoding !== undefined && encoding !== 'other') return encoding
  const message = `invalid value for parameter "${name}": "${text}"`
  if (encoding === undefined) throw new SqlError(SqlState.invalidParameterValue, message)
  const detail = `Conversion between ${text.toUpperCase()} and UTF8 is not supported.`
  throw new SqlError(SqlState.featureNotSupported, message, { detail })
}

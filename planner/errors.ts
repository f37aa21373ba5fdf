/**
 * The user's mistakes: errors with PostgreSQL's SQLSTATE, wording and position.
 * Codes are PostgreSQL 15's, Appendix A of its manual; add one here when a new error needs it.
 */

/** SQLSTATEs by PostgreSQL's condition name, camel-cased. */
export const SqlState = {
  successfulCompletion: '00000',
  warning: '01000',
  privilegeNotRevoked: '01006',
  privilegeNotGranted: '01007',
  protocolViolation: '08P01',
  featureNotSupported: '0A000',
  cardinalityViolation: '21000',
  dataException: '22000',
  stringDataRightTruncation: '22001',
  numericValueOutOfRange: '22003',
  invalidDatetimeFormat: '22007',
  datetimeFieldOverflow: '22008',
  intervalFieldOverflow: '22015',
  invalidTimeZoneDisplacementValue: '22009',
  escapeCharacterConflict: '2200B',
  invalidEscapeCharacter: '22019',
  invalidUseOfEscapeCharacter: '2200C',
  invalidEscapeSequence: '22025',
  divisionByZero: '22012',
  invalidArgumentForLogarithm: '2201E',
  invalidArgumentForPowerFunction: '2201F',
  invalidArgumentForWidthBucketFunction: '2201G',
  invalidRowCountInLimitClause: '2201W',
  invalidRowCountInResultOffsetClause: '2201X',
  invalidRegularExpression: '2201B',
  characterNotInRepertoire: '22021',
  invalidParameterValue: '22023',
  substringError: '22011',
  nullValueNotAllowed: '22004',
  arraySubscriptError: '2202E',
  invalidTextRepresentation: '22P02',
  invalidBinaryRepresentation: '22P03',
  badCopyFileFormat: '22P04',
  untranslatableCharacter: '22P05',
  integrityConstraintViolation: '23000',
  notNullViolation: '23502',
  foreignKeyViolation: '23503',
  uniqueViolation: '23505',
  checkViolation: '23514',
  invalidCursorState: '24000',
  activeSqlTransaction: '25001',
  readOnlySqlTransaction: '25006',
  noActiveSqlTransaction: '25P01',
  inFailedSqlTransaction: '25P02',
  idleInTransactionSessionTimeout: '25P03',
  invalidSqlStatementName: '26000',
  invalidGrantOperation: '0LP01',
  invalidAuthorizationSpecification: '28000',
  invalidPassword: '28P01',
  dependentObjectsStillExist: '2BP01',
  invalidCursorName: '34000',
  invalidSavepointSpecification: '3B001',
  invalidCatalogName: '3D000',
  invalidSchemaName: '3F000',
  serializationFailure: '40001',
  syntaxErrorOrAccessRuleViolation: '42000',
  syntaxError: '42601',
  insufficientPrivilege: '42501',
  cannotCoerce: '42846',
  groupingError: '42803',
  windowingError: '42P20',
  invalidForeignKey: '42830',
  invalidName: '42602',
  reservedName: '42939',
  nameTooLong: '42622',
  datatypeMismatch: '42804',
  indeterminateDatatype: '42P18',
  wrongObjectType: '42809',
  undefinedColumn: '42703',
  undefinedFunction: '42883',
  undefinedTable: '42P01',
  undefinedParameter: '42P02',
  undefinedObject: '42704',
  duplicateColumn: '42701',
  duplicateCursor: '42P03',
  duplicateDatabase: '42P04',
  duplicateFunction: '42723',
  duplicatePreparedStatement: '42P05',
  duplicateSchema: '42P06',
  duplicateTable: '42P07',
  duplicateAlias: '42712',
  duplicateObject: '42710',
  ambiguousColumn: '42702',
  ambiguousFunction: '42725',
  ambiguousParameter: '42P08',
  ambiguousAlias: '42P09',
  invalidColumnReference: '42P10',
  invalidColumnDefinition: '42611',
  invalidCursorDefinition: '42P11',
  invalidFunctionDefinition: '42P13',
  invalidTableDefinition: '42P16',
  invalidObjectDefinition: '42P17',
  invalidRecursion: '42P19',
  insufficientResources: '53000',
  outOfMemory: '53200',
  tooManyConnections: '53300',
  configurationLimitExceeded: '53400',
  programLimitExceeded: '54000',
  statementTooComplex: '54001',
  tooManyColumns: '54011',
  tooManyArguments: '54023',
  objectNotInPrerequisiteState: '55000',
  objectInUse: '55006',
  cantChangeRuntimeParam: '55P02',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  cannotConnectNow: '57P03',
  idleSessionTimeout: '57P05',
  ioError: '58030',
  undefinedFile: '58P01',
  configFileError: 'F0000',
  internalError: 'XX000',
} as const

/** One of PostgreSQL's SQLSTATEs. */
export type SqlState = (typeof SqlState)[keyof typeof SqlState]

/** The optional fields of an error, as in PostgreSQL's ErrorResponse. */
export interface SqlErrorFields {
  /** 1-based character (not byte) offset into the statement text as the client sent it. */
  readonly position?: number | undefined
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly severity?: 'ERROR' | 'FATAL' | 'PANIC' | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly dataType?: string | undefined
  readonly constraint?: string | undefined
  readonly where?: string | undefined
  /** PostgreSQL's function that reports it, where drivers tell errors apart by it. */
  readonly routine?: string | undefined
  readonly cause?: unknown
}

/**
 * An error that a user caused or must know of; `code` is its SQLSTATE. Message wording is PostgreSQL's own.
 */
export class SqlError extends Error {
  readonly code: SqlState
  readonly severity: 'ERROR' | 'FATAL' | 'PANIC'
  readonly position: number | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly fields: SqlErrorFields

  constructor(code: SqlState, message: string, fields: SqlErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.name = 'SqlError'
    this.code = code
    this.severity = fields.severity ?? 'ERROR'
    this.position = fields.position
    this.detail = fields.detail
    this.hint = fields.hint
    this.fields = fields
  }
}

/** Shorthand for the error of something PostgreSQL or the dialect has and this version does not: 0A000. */
export function notSupported(what: string, fields: SqlErrorFields = {}): SqlError {
  return new SqlError(SqlState.featureNotSupported, `${what} is not supported`, fields)
}

/** What a record's text or bytes are of is known only where it is a row of something. */
export function anonymousRecord(fields: SqlErrorFields = {}): SqlError {
  const message = 'input of anonymous composite types is not implemented'
  return new SqlError(SqlState.featureNotSupported, message, fields)
}

/** A message that does not end the statement (NoticeResponse). */
export interface Notice {
  readonly severity: 'NOTICE' | 'WARNING' | 'INFO' | 'LOG' | 'DEBUG'
  readonly code: SqlState
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
}

/**
 * The version of PostgreSQL that clients are told of: what server_version, version() and the wire all say.
 */

export const SERVER_VERSION = '15.0'
export const SERVER_VERSION_NUM = '150000'

/** Roles by SQL: who may make them, become them and drop them, in PostgreSQL's words. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { SqlError } from '../../../planner/errors.ts'
import { parseVerifier } from '../../../server/auth/scram-verifier.ts'
import { Database } from '../../../server/database.ts'
import type { DatabaseSession } from '../../../server/session.ts'
import { queryRows } from './support.ts'

describe('roles', () => {
  let database: Database
  let root: DatabaseSession
  let notices: string[]
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }) })
    root = database.connect({ user: 'root', database: 'dev' })
    notices = []
    root.onNotice = notice => notices.push(`${notice.severity}: ${notice.message}`)
  })
  afterEach(() => database.close())

  const session = (user: string) => database.connect({ user, database: 'dev' })
  const one = async (on: DatabaseSession, text: string) => (await queryRows(on, text))[0]?.[0]
  const fails = async (on: DatabaseSession, text: string, code: string, message: string) => {
    await assert.rejects(queryRows(on, text), error => {
      assert(error instanceof SqlError)
      assert.deepEqual([error.code, error.message], [code, message])
      return true
    })
  }
  const refused = (user: string, code: string, message: string) => {
    assert.throws(() => session(user), { code, message, severity: 'FATAL' })
  }

  it('accepts any user as a superuser until there is a role', async () => {
    const ada = session('ada')
    assert.deepEqual(await queryRows(ada, 'SELECT current_user, session_user'), [['ada', 'ada']])
    assert.equal(ada.setting('is_superuser'), 'on')
    await queryRows(ada, 'CREATE ROLE bob LOGIN')
    refused('eve', '28000', 'role "eve" does not exist')
    assert.equal(session('bob').setting('is_superuser'), 'off')
    assert.equal(session('root').setting('is_superuser'), 'on')
    assert.equal(await one(ada, 'SELECT current_user'), 'ada')
  })

  it('keeps verifiers of passwords, also those made by the client', async () => {
    await queryRows(root, "CREATE USER ada PASSWORD 'secret'")
    const verifier = database.catalog.roles.find('ada')!.verifier!
    assert.equal(parseVerifier(verifier)?.iterations, 4096)
    await queryRows(root, `CREATE USER bob PASSWORD '${verifier}'`)
    assert.equal(database.catalog.roles.find('bob')!.verifier, verifier)
    assert.deepEqual(notices, [
      'WARNING: no superuser has a password, while logging in needs one by default',
      'WARNING: no superuser has a password, while logging in needs one by default',
    ])
    await queryRows(root, 'ALTER USER bob PASSWORD NULL')
    assert.equal(database.catalog.roles.find('bob')!.verifier, undefined)
    await queryRows(root, "ALTER USER ada PASSWORD ''")
    assert.equal(notices.at(-1), 'NOTICE: empty string is not a valid password, clearing password')
    await fails(
      root,
      "ALTER USER ada PASSWORD 'md5d41d8cd98f00b204e9800998ecf8427e'",
      '0A000',
      'MD5 passwords are not supported',
    )
  })

  it('names what is wrong with a statement', async () => {
    await queryRows(root, 'CREATE ROLE ada')
    await fails(root, 'CREATE ROLE ada', '42710', 'role "ada" already exists')
    await fails(root, 'ALTER ROLE eve LOGIN', '42704', 'role "eve" does not exist')
    await fails(root, 'DROP ROLE eve', '42704', 'role "eve" does not exist')
    await fails(root, 'CREATE ROLE pg_me', '42939', 'role name "pg_me" is reserved')
    await fails(root, 'CREATE ROLE x LOGIN NOLOGIN', '42601', 'conflicting or redundant options')
    await fails(root, 'DROP ROLE root', '55006', 'current user cannot be dropped')
    await fails(root, 'DROP ROLE current_user', '22023', 'cannot use special role specifier in DROP ROLE')
    await fails(root, 'GRANT ada TO eve', '42704', 'role "eve" does not exist')
    await fails(root, 'CREATE ROLE x CONNECTION LIMIT -2', '22023', 'invalid connection limit: -2')
    await queryRows(root, 'DROP ROLE IF EXISTS eve')
    assert.deepEqual(notices, ['NOTICE: role "eve" does not exist, skipping'])
  })

  it('lets only superusers and CREATEROLE make roles', async () => {
    await queryRows(root, 'CREATE USER maker CREATEROLE; CREATE USER plain; CREATE ROLE boss SUPERUSER')
    const maker = session('maker')
    const plain = session('plain')
    await fails(plain, 'CREATE ROLE x', '42501', 'permission denied to create role')
    await fails(plain, 'DROP ROLE maker', '42501', 'permission denied to drop role')
    await fails(plain, "ALTER ROLE maker PASSWORD 'x'", '42501', 'permission denied')
    await fails(plain, 'ALTER ROLE plain CREATEROLE', '42501', 'permission denied')
    await queryRows(plain, "ALTER ROLE plain PASSWORD 'mine'")
    await queryRows(maker, 'CREATE ROLE x LOGIN; GRANT x TO plain; DROP ROLE x')
    await fails(maker, 'CREATE ROLE y SUPERUSER', '42501', 'must be superuser to create superusers')
    await fails(maker, 'DROP ROLE boss', '42501', 'must be superuser to drop superusers')
    await fails(maker, 'GRANT boss TO maker', '42501', 'must be superuser to alter superusers')
    const message = 'must be superuser to alter superuser roles or change superuser attribute'
    await fails(maker, 'ALTER ROLE maker SUPERUSER', '42501', message)
  })

  it('grants membership without circles and takes it back', async () => {
    await queryRows(root, 'CREATE ROLE a; CREATE ROLE b IN ROLE a; CREATE ROLE c ROLE a')
    const { roles } = database.catalog
    assert(roles.isMember(roles.find('b')!, roles.find('c')!.id))
    await fails(root, 'GRANT b TO c', '0LP01', 'role "b" is a member of role "c"')
    await queryRows(root, 'GRANT a TO b; REVOKE a FROM b; REVOKE a FROM b')
    assert.deepEqual(notices, [
      'NOTICE: role "b" is already a member of role "a"',
      'WARNING: role "b" is not a member of role "a"',
    ])
  })

  it('lets members with ADMIN OPTION grant a role', async () => {
    await queryRows(root, 'CREATE ROLE team; CREATE USER lead ADMIN team; CREATE USER x; CREATE USER ada')
    const ada = session('ada')
    await fails(ada, 'GRANT team TO x', '42501', 'must have admin option on role "team"')
    await queryRows(root, 'GRANT team TO ada WITH ADMIN OPTION')
    await queryRows(ada, 'GRANT team TO x')
    await queryRows(root, 'REVOKE ADMIN OPTION FOR team FROM ada')
    await fails(ada, 'REVOKE team FROM x', '42501', 'must have admin option on role "team"')
  })

  it('becomes other roles with SET ROLE and SET SESSION AUTHORIZATION', async () => {
    await queryRows(root, 'CREATE ROLE team; CREATE USER ada IN ROLE team; CREATE USER bob')
    const ada = session('ada')
    const users = () => queryRows(ada, 'SELECT current_user, session_user')
    await queryRows(ada, 'SET ROLE team')
    assert.deepEqual(await users(), [['team', 'ada']])
    await queryRows(ada, 'RESET ALL')
    assert.deepEqual(await users(), [['team', 'ada']])
    await queryRows(ada, 'RESET ROLE')
    assert.deepEqual(await users(), [['ada', 'ada']])
    await queryRows(ada, 'BEGIN; SET ROLE team; ROLLBACK')
    assert.deepEqual(await users(), [['ada', 'ada']])
    await fails(ada, 'SET ROLE bob', '42501', 'permission denied to set role "bob"')
    await fails(ada, 'SET ROLE eve', '22023', 'role "eve" does not exist')
    const denied = 'permission denied to set session authorization "bob"'
    await fails(ada, 'SET SESSION AUTHORIZATION bob', '42501', denied)
    await fails(ada, "SET session_authorization = 'bob'", '42501', denied)
    const told: string[] = []
    root.onParameterStatus = (name, value) => told.push(`${name}=${value}`)
    await queryRows(root, 'SET SESSION AUTHORIZATION bob')
    assert.deepEqual(await queryRows(root, 'SELECT current_user, session_user'), [['bob', 'bob']])
    await fails(root, 'CREATE ROLE x', '42501', 'permission denied to create role')
    await queryRows(root, 'RESET SESSION AUTHORIZATION')
    assert.deepEqual(told, [
      'is_superuser=off',
      'session_authorization=bob',
      'is_superuser=on',
      'session_authorization=root',
    ])
  })

  it('starts as the role that ALTER ROLE … SET says, as long as it is a member', async () => {
    await queryRows(root, "CREATE ROLE team; CREATE USER ada IN ROLE team; ALTER ROLE ada SET role = 'team'")
    const users = 'SELECT current_user, session_user'
    assert.deepEqual(await queryRows(session('ada'), users), [['team', 'ada']])
    await queryRows(root, 'REVOKE team FROM ada')
    assert.deepEqual(await queryRows(session('ada'), users), [['ada', 'ada']])
    await queryRows(root, 'DROP ROLE team')
    assert.deepEqual(await queryRows(session('ada'), users), [['ada', 'ada']])
  })

  it('does not let a start-up parameter choose the session user', async () => {
    await queryRows(root, 'CREATE USER ada')
    const settings = [['session_authorization', 'root']] as const
    assert.throws(() => database.connect({ user: 'ada', database: 'dev', settings }), {
      message: 'parameter "session_authorization" cannot be changed',
    })
    assert.throws(
      () => database.connect({ user: 'ada', database: 'dev', settings: [['role', 'root']] as const }),
      { code: '42501', message: 'permission denied to set role "root"' },
    )
  })

  it('refuses roles that may not log in, and more sessions than their limit', async () => {
    await queryRows(root, 'CREATE ROLE team; CREATE USER ada CONNECTION LIMIT 1')
    refused('team', '28000', 'role "team" is not permitted to log in')
    const first = session('ada')
    refused('ada', '53300', 'too many connections for role "ada"')
    await first.close()
    session('ada')
  })

  it('leaves a session of a dropped role without rights', async () => {
    await queryRows(root, 'CREATE USER ada SUPERUSER')
    const ada = session('ada')
    await queryRows(root, 'DROP USER ada; CREATE USER ada SUPERUSER')
    await fails(ada, 'CREATE ROLE x', '42704', 'role "ada" does not exist')
    assert.equal(ada.setting('is_superuser'), 'off')
  })

  it('starts with the roles it is given', async () => {
    const other = await Database.open({
      logger: pino({ level: 'silent' }),
      roles: [
        { name: 'team', login: false },
        { name: 'ada', password: 'x', memberOf: ['team'] },
        { name: 'root', password: 'y' },
      ],
    })
    const { roles } = other.catalog
    assert.equal(roles.isOpen, false)
    assert(roles.isMember(roles.find('ada')!, roles.find('team')!.id))
    assert(roles.find('root')!.superuser && roles.find('root')!.verifier !== undefined)
    await other.close()
  })
})

/**
 * Scripts about roles that a real PostgreSQL and this server must answer alike. A line is
 * `role> statement`; each role has one connection for the length of its script, opened by its first line.
 * `connect role` opens a new one in its place. Scripts begin with the superuser root and nothing else.
 */

export const roleScripts: Readonly<Record<string, string>> = {
  'roles and their attributes': `
    root> CREATE ROLE plain
    root> CREATE ROLE plain
    root> CREATE ROLE pg_mine
    root> CREATE ROLE public
    root> CREATE ROLE none
    root> CREATE USER ada CONNECTION LIMIT -2
    root> CREATE USER ada SUPERUSER NOSUPERUSER
    root> CREATE USER ada
    root> CREATE USER boss CREATEROLE
    connect plain
    connect nobody
    ada> CREATE ROLE x
    ada> ALTER ROLE plain LOGIN
    ada> ALTER ROLE ada CREATEROLE
    ada> ALTER ROLE ada PASSWORD NULL
    ada> ALTER ROLE boss PASSWORD 'x'
    ada> DROP ROLE plain
    ada> DROP ROLE nobody
    ada> ALTER ROLE nobody LOGIN
    ada> ALTER ROLE plain RENAME TO other
    ada> ALTER ROLE ada RENAME TO other
    boss> CREATE ROLE x SUPERUSER
    boss> CREATE ROLE x REPLICATION
    boss> CREATE ROLE x BYPASSRLS
    boss> CREATE ROLE x
    boss> ALTER ROLE x LOGIN
    boss> ALTER ROLE root LOGIN
    boss> ALTER ROLE x SUPERUSER
    boss> ALTER ROLE x BYPASSRLS
    boss> ALTER ROLE x RENAME TO y
    boss> DROP ROLE y
    boss> DROP ROLE root
    boss> DROP ROLE boss
    boss> DROP ROLE IF EXISTS y, y2
    boss> DROP ROLE y, y2
    boss> DROP ROLE current_user
    root> ALTER ROLE ada VALID UNTIL 'nonsense'
    root> ALTER ROLE ada VALID UNTIL '2001-01-01'
    root> ALTER ROLE ada CONNECTION LIMIT 0
    connect ada
    root> ALTER ROLE ada CONNECTION LIMIT -1 NOLOGIN
    connect ada
    root> ALTER ROLE ada PASSWORD ''
    root> DROP ROLE root
    root> ALTER ROLE root RENAME TO boot
    root> ALTER ROLE plain RENAME TO boss
    root> ALTER ROLE plain RENAME TO pg_plain`,

  memberships: `
    root> CREATE ROLE parent
    root> CREATE ROLE child
    root> CREATE USER ada IN ROLE child
    root> CREATE USER bob
    root> CREATE ROLE team ROLE ada ADMIN bob
    root> CREATE ROLE lost IN ROLE nobody
    root> GRANT parent TO child
    root> GRANT parent TO child
    root> GRANT child TO parent
    root> GRANT parent TO parent
    root> GRANT nobody TO child
    root> GRANT parent TO nobody
    root> GRANT parent TO PUBLIC
    root> REVOKE parent FROM bob
    root> GRANT parent TO bob WITH ADMIN OPTION
    root> GRANT parent TO bob
    bob> GRANT parent TO ada
    bob> GRANT child TO bob
    ada> GRANT parent TO child
    ada> GRANT root TO ada
    bob> REVOKE parent FROM ada
    root> REVOKE ADMIN OPTION FOR parent FROM bob
    bob> GRANT parent TO ada
    bob> GRANT team TO ada WITH ADMIN OPTION
    ada> GRANT team TO parent
    ada> SET ROLE parent
    ada> SELECT current_user, session_user
    ada> SET ROLE team
    ada> SET ROLE NONE
    ada> SELECT current_user
    ada> SET ROLE root
    ada> SET ROLE nobody
    ada> SET SESSION AUTHORIZATION bob
    ada> SET SESSION AUTHORIZATION ada
    ada> SET SESSION AUTHORIZATION DEFAULT
    ada> RESET ROLE
    ada> RESET SESSION AUTHORIZATION
    root> SET SESSION AUTHORIZATION ada
    root> SELECT current_user, session_user
    root> CREATE ROLE y
    root> SET ROLE bob
    root> SHOW is_superuser
    root> RESET SESSION AUTHORIZATION
    root> SHOW is_superuser
    root> SET SESSION AUTHORIZATION nobody
    root> DROP ROLE parent
    root> ALTER GROUP team DROP USER ada
    root> ALTER GROUP team ADD USER child
    root> ALTER GROUP nobody ADD USER child`,

  inheritance: `
    root> CREATE ROLE readers
    root> CREATE USER ada NOINHERIT IN ROLE readers
    root> CREATE USER bob IN ROLE readers
    root> CREATE TABLE t (a int, b int)
    root> GRANT SELECT ON t TO readers
    ada> SELECT * FROM t
    bob> SELECT * FROM t
    ada> SET ROLE readers
    ada> SELECT * FROM t
    ada> RESET ROLE
    ada> SELECT * FROM t
    root> ALTER ROLE ada INHERIT
    ada> SELECT * FROM t
    root> REVOKE readers FROM ada
    ada> SELECT * FROM t
    root> GRANT SELECT ON t TO PUBLIC
    ada> SELECT * FROM t
    root> REVOKE SELECT ON t FROM PUBLIC
    ada> SELECT * FROM t`,

  'dropping and giving away what a role owns': `
    root> CREATE USER ada
    root> CREATE USER bob
    root> CREATE USER eve
    root> GRANT CREATE ON SCHEMA public TO ada, bob
    root> CREATE SCHEMA s
    root> ALTER SCHEMA s OWNER TO ada
    ada> CREATE TABLE t (a int)
    ada> CREATE TABLE s.u (a int)
    ada> CREATE VIEW v AS SELECT * FROM t
    ada> GRANT SELECT ON t TO bob
    bob> CREATE VIEW w AS SELECT * FROM t
    root> CREATE TABLE r (a int, b int)
    root> GRANT SELECT ON r TO ada
    root> GRANT UPDATE (b) ON r TO eve
    root> DROP ROLE ada
    root> DROP ROLE bob
    root> DROP ROLE eve
    eve> DROP OWNED BY ada
    eve> DROP OWNED BY nobody
    eve> REASSIGN OWNED BY ada TO eve
    ada> REASSIGN OWNED BY ada TO eve
    root> REASSIGN OWNED BY ada TO nobody
    root> REASSIGN OWNED BY root TO ada
    root> DROP OWNED BY root
    root> DROP OWNED BY ada
    root> DROP OWNED BY ada CASCADE
    root> SELECT * FROM w
    root> SELECT * FROM s.u
    root> DROP ROLE ada
    bob> CREATE TABLE b1 (a int)
    root> GRANT bob TO eve
    eve> REASSIGN OWNED BY bob TO eve
    eve> SELECT * FROM b1
    root> REASSIGN OWNED BY bob TO eve
    root> DROP ROLE bob
    root> DROP OWNED BY bob
    root> DROP ROLE bob
    root> REVOKE UPDATE (b) ON r FROM eve
    eve> DROP OWNED BY eve
    eve> SELECT * FROM b1
    root> DROP ROLE eve`,

  'giving objects to others': `
    root> CREATE USER ada
    root> CREATE USER bob
    root> CREATE ROLE team ROLE ada
    root> CREATE TABLE t (a int)
    ada> ALTER TABLE t OWNER TO ada
    root> ALTER TABLE t OWNER TO ada
    ada> ALTER TABLE t OWNER TO bob
    ada> ALTER TABLE t OWNER TO team
    root> GRANT CREATE ON SCHEMA public TO team
    ada> ALTER TABLE t OWNER TO team
    ada> ALTER TABLE t OWNER TO ada
    ada> SELECT * FROM t
    bob> SELECT * FROM t
    root> ALTER TABLE missing OWNER TO ada
    root> ALTER TABLE IF EXISTS missing OWNER TO ada
    root> ALTER TABLE t OWNER TO nobody
    root> ALTER TABLE t OWNER TO current_user
    ada> SELECT * FROM t
    root> ALTER SCHEMA missing OWNER TO ada`,

  'settings of roles': `
    root> CREATE USER ada
    root> CREATE USER bob CREATEROLE
    root> ALTER ROLE ada SET search_path = s, public
    root> ALTER ROLE ada SET statement_timeout = '7s'
    root> ALTER ROLE ada IN DATABASE dev SET statement_timeout = '8s'
    root> ALTER ROLE ALL SET lock_timeout = '9s'
    connect ada
    ada> SHOW search_path
    ada> SHOW statement_timeout
    ada> SHOW lock_timeout
    ada> SET statement_timeout = 0
    ada> RESET statement_timeout
    ada> SHOW statement_timeout
    root> ALTER ROLE ada IN DATABASE dev RESET statement_timeout
    connect ada
    ada> SHOW statement_timeout
    root> ALTER ROLE ada RESET ALL
    root> ALTER ROLE ALL RESET ALL
    connect ada
    ada> SHOW statement_timeout
    ada> SHOW lock_timeout
    root> ALTER ROLE ada SET statement_timeout = 'nonsense'
    root> ALTER ROLE ada SET missing = 1
    root> ALTER ROLE ada SET my.own = 'text'
    root> ALTER ROLE ada SET server_version = '1'
    root> ALTER ROLE nobody SET statement_timeout = 1
    root> ALTER ROLE ada IN DATABASE missing SET statement_timeout = 1
    root> ALTER ROLE ALL IN DATABASE dev SET lock_timeout = '3s'
    root> ALTER DATABASE dev SET statement_timeout = '4s'
    root> ALTER DATABASE missing SET statement_timeout = '4s'
    connect ada
    ada> SHOW my.own
    ada> SHOW lock_timeout
    ada> SHOW statement_timeout
    ada> ALTER ROLE ada SET statement_timeout = '3s'
    ada> ALTER ROLE bob SET statement_timeout = '3s'
    ada> ALTER ROLE ALL SET statement_timeout = '3s'
    ada> ALTER DATABASE dev SET statement_timeout = '3s'
    bob> ALTER ROLE ada SET statement_timeout = '2s'
    bob> ALTER ROLE root SET statement_timeout = '2s'
    bob> ALTER ROLE ALL SET statement_timeout = '2s'
    connect ada
    ada> SHOW statement_timeout
    ada> SET lock_timeout = '12s'
    ada> ALTER ROLE ada SET lock_timeout FROM CURRENT
    connect ada
    ada> SHOW lock_timeout
    ada> ALTER ROLE CURRENT_USER RESET lock_timeout
    root> CREATE ROLE team ROLE ada
    root> ALTER ROLE ada SET role = 'team'
    connect ada
    ada> SELECT current_user, session_user
    ada> RESET ROLE
    ada> SELECT current_user, session_user
    ada> SET ROLE NONE
    ada> SELECT current_user, session_user
    root> ALTER ROLE ada SET is_superuser = 'on'
    root> ALTER ROLE ada SET client_encoding = 'nonsense'
    root> ALTER ROLE ada SET TimeZone = 'Asia/Tokyo'
    root> ALTER ROLE ada SET DateStyle = 'German'
    root> ALTER ROLE ada SET application_name = 'mine'
    root> ALTER ROLE ada SET default_transaction_read_only = on
    connect ada
    ada> SHOW TimeZone
    ada> SHOW DateStyle
    ada> SHOW application_name
    ada> CREATE TABLE x (a int)
    root> ALTER ROLE ada RESET role
    connect ada
    ada> SELECT current_user, session_user
    root> ALTER ROLE ada RESET missing
    root> ALTER DATABASE dev RESET ALL
    root> ALTER DATABASE dev RESET statement_timeout
    root> DROP ROLE ada`,

  'control of sessions': `
    root> CREATE USER ada
    root> CREATE USER bob
    root> CREATE USER guard IN ROLE pg_signal_backend
    ada> SELECT pg_backend_pid() > 0
    bob> SELECT pg_cancel_backend(\${pid:ada})
    bob> SELECT pg_terminate_backend(\${pid:ada})
    bob> SELECT pg_cancel_backend(\${pid:root})
    guard> SELECT pg_cancel_backend(\${pid:root})
    guard> SELECT pg_terminate_backend(\${pid:root})
    guard> SELECT pg_cancel_backend(\${pid:ada})
    guard> SELECT pg_cancel_backend(NULL)
    guard> SELECT pg_cancel_backend(2000000000)
    guard> SELECT pg_terminate_backend(2000000000)
    guard> SELECT pg_terminate_backend(2000000000, -1)
    guard> SELECT pg_cancel_backend(0)
    guard> SELECT pg_terminate_backend(\${pid:ada}, -1)
    guard> SELECT pg_terminate_backend(\${pid:ada}, 60000)
    ada> SELECT 1
    connect ada
    root> GRANT ada TO bob
    bob> SELECT pg_cancel_backend(\${pid:ada})
    bob> SELECT pg_terminate_backend(\${pid:ada}, 60000)
    ada> SELECT 1
    connect ada
    ada> SELECT pg_cancel_backend(pg_backend_pid())
    ada> SELECT pg_terminate_backend(pg_backend_pid())
    root> SELECT pg_cancel_backend(\${pid:bob}), pg_terminate_backend(\${pid:guard}, 60000)
    guard> SELECT 1
    root> DROP ROLE pg_signal_backend
    root> ALTER ROLE pg_signal_backend LOGIN
    connect pg_signal_backend`,

  'asking for privileges': `
    root> CREATE USER ada
    root> CREATE USER bob
    root> CREATE ROLE team ROLE bob
    root> CREATE SCHEMA s
    root> CREATE TABLE t (a int, b int)
    root> CREATE TABLE s.u (a int)
    root> GRANT SELECT, INSERT ON t TO ada WITH GRANT OPTION
    root> GRANT UPDATE (b) ON t TO ada
    root> GRANT SELECT ON t TO team
    ada> SELECT has_table_privilege('t', 'SELECT'), has_table_privilege('public.t', 'update')
    ada> SELECT has_table_privilege('bob', 't', 'select'), has_table_privilege('bob', 't', 'insert')
    ada> SELECT has_table_privilege('t', 'SELECT WITH GRANT OPTION')
    ada> SELECT has_table_privilege('bob', 't', 'SELECT WITH GRANT OPTION')
    ada> SELECT has_table_privilege('root', 't', 'SELECT WITH GRANT OPTION')
    ada> SELECT has_table_privilege('t', 'DELETE, INSERT'), has_table_privilege('t', 'DELETE')
    ada> SELECT has_table_privilege('missing', 'SELECT')
    ada> SELECT has_table_privilege('t', 'nonsense')
    ada> SELECT has_table_privilege('nobody', 't', 'SELECT')
    ada> SELECT has_table_privilege('public', 't', 'SELECT')
    ada> SELECT has_table_privilege(4000000000::oid, 'SELECT')
    ada> SELECT has_table_privilege(NULL, 'SELECT')
    ada> SELECT has_column_privilege('t', 'b', 'UPDATE'), has_column_privilege('t', 'a', 'UPDATE')
    ada> SELECT has_column_privilege('ada', 't', 'a', 'SELECT')
    ada> SELECT has_column_privilege('bob', 't', 'a', 'INSERT')
    ada> SELECT has_column_privilege('t', 'b', 'UPDATE WITH GRANT OPTION, insert with grant option')
    ada> SELECT has_column_privilege('t', 2::int2, 'UPDATE'), has_column_privilege('t', 1::int2, 'UPDATE')
    ada> SELECT has_column_privilege('t', 'missing', 'UPDATE')
    ada> SELECT has_column_privilege('t', 'a', 'DELETE')
    ada> SELECT has_any_column_privilege('t', 'UPDATE'), has_any_column_privilege('bob', 't', 'UPDATE')
    ada> SELECT has_schema_privilege('public', 'USAGE'), has_schema_privilege('public', 'CREATE')
    ada> SELECT has_schema_privilege('ada', 's', 'USAGE'), has_schema_privilege('root', 's', 'CREATE')
    ada> SELECT has_schema_privilege('missing', 'USAGE')
    ada> SELECT has_schema_privilege('s', 'SELECT')
    ada> SELECT has_database_privilege('dev', 'CONNECT'), has_database_privilege('dev', 'CREATE')
    ada> SELECT has_database_privilege('missing', 'CONNECT')
    ada> SELECT has_table_privilege('s.u', 'SELECT')
    ada> SELECT pg_has_role('team', 'MEMBER'), pg_has_role('bob', 'team', 'MEMBER')
    ada> SELECT pg_has_role('bob', 'team', 'USAGE'), pg_has_role('bob', 'bob', 'USAGE')
    ada> SELECT pg_has_role('public', 'team', 'USAGE')
    ada> SELECT pg_has_role('bob', 'team', 'MEMBER WITH ADMIN OPTION'), pg_has_role('root', 'team', 'USAGE')
    ada> SELECT pg_has_role('nobody', 'MEMBER')
    ada> SELECT pg_has_role('team', 'nonsense')`,

  'who one is, in transactions and after them': `
    root> CREATE ROLE team
    root> CREATE USER ada IN ROLE team
    root> CREATE USER bob
    ada> SELECT current_user, session_user, user, current_role
    ada> BEGIN
    ada> SET LOCAL ROLE team
    ada> SELECT current_user, session_user
    ada> COMMIT
    ada> SELECT current_user
    ada> BEGIN
    ada> SET ROLE team
    ada> SAVEPOINT s
    ada> SET ROLE NONE
    ada> ROLLBACK TO s
    ada> SELECT current_user
    ada> COMMIT
    ada> SELECT current_user
    ada> SHOW role
    ada> RESET ALL
    ada> SELECT current_user
    ada> DISCARD ALL
    ada> SELECT current_user
    ada> SHOW role
    ada> SET role = 'team'
    ada> SELECT set_config('role', 'none', false)
    ada> SELECT set_config('role', 'bob', false)
    ada> SELECT current_user
    ada> SET role TO DEFAULT
    ada> SET SESSION SESSION AUTHORIZATION bob
    root> SET SESSION AUTHORIZATION ada
    root> SET ROLE team
    root> SELECT current_user, session_user
    root> SET SESSION AUTHORIZATION DEFAULT
    root> SELECT current_user, session_user
    root> SET LOCAL SESSION AUTHORIZATION ada
    root> BEGIN
    root> SET LOCAL SESSION AUTHORIZATION ada
    root> SELECT session_user
    root> ROLLBACK
    root> SELECT session_user
    root> DROP ROLE team
    ada> SET ROLE team
    root> REVOKE team FROM ada
    root> DROP ROLE IF EXISTS team
    root> ALTER ROLE CURRENT_USER LOGIN
    root> ALTER ROLE SESSION_USER VALID UNTIL 'infinity'
    ada> ALTER ROLE CURRENT_USER NOLOGIN
    ada> ALTER USER CURRENT_USER WITH PASSWORD NULL`,

  'options of roles': `
    root> CREATE ROLE a SUPERUSER CREATEDB CREATEROLE INHERIT LOGIN REPLICATION BYPASSRLS CONNECTION LIMIT 5
    root> CREATE ROLE b WITH NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOLOGIN NOREPLICATION NOBYPASSRLS
    root> CREATE GROUP c USER b
    root> CREATE ROLE d IN GROUP c ROLE b ADMIN a
    root> CREATE ROLE e SYSID 77
    root> CREATE ROLE f ROLE f
    root> CREATE ROLE g ADMIN g
    root> CREATE ROLE h IN ROLE h
    root> CREATE ROLE i PASSWORD NULL
    root> CREATE ROLE k LOGIN NOLOGIN
    root> CREATE ROLE l VALID UNTIL NULL
    root> CREATE ROLE current_user
    root> CREATE ROLE "current_user"
    root> CREATE ROLE "Quoted Name" LOGIN
    connect Quoted
    root> ALTER ROLE b RENAME TO b2
    root> ALTER ROLE b RENAME TO b3
    root> ALTER ROLE b2 WITH INHERIT LOGIN
    root> ALTER ROLE b2 CONNECTION LIMIT -2
    root> ALTER ROLE b2 ROLE a
    root> ALTER ROLE b2 NONSENSE
    root> ALTER GROUP c RENAME TO c2
    root> ALTER USER b2 CREATEDB
    root> DROP USER b2
    root> DROP GROUP c2, d
    root> DROP ROLE IF EXISTS b2, e, nobody
    root> DROP ROLE a, a
    root> DROP ROLE PUBLIC`,

  'objects of the wrong kind, and words that mean nothing': `
    root> CREATE USER ada
    root> CREATE TABLE t (a int)
    root> CREATE VIEW v AS SELECT 1 AS a
    root> ALTER VIEW t OWNER TO ada
    root> ALTER MATERIALIZED VIEW t OWNER TO ada
    root> ALTER MATERIALIZED VIEW v OWNER TO ada
    root> ALTER TABLE v OWNER TO ada
    root> GRANT SELECT ON TABLE v TO ada
    root> GRANT ALL PRIVILEGES ON t TO ada
    root> REVOKE ALL PRIVILEGES ON t FROM ada
    root> GRANT SELECT, SELECT ON t TO ada, ada
    root> GRANT SELECT ON t, v TO ada
    root> GRANT SELECT ON t, missing TO ada
    root> GRANT SELECT ON t TO SESSION_USER
    root> GRANT SELECT ON t TO CURRENT_USER WITH GRANT OPTION
    root> GRANT SELECT ON t TO ada GRANTED BY root
    root> GRANT SELECT ON t TO ada GRANTED BY ada
    root> REVOKE GRANT OPTION FOR SELECT ON t FROM PUBLIC
    root> REVOKE SELECT ON missing.t FROM ada
    root> GRANT CREATE, USAGE ON SCHEMA public TO ada WITH GRANT OPTION
    ada> GRANT CREATE ON SCHEMA public TO PUBLIC
    root> REVOKE CREATE ON SCHEMA public FROM ada
    root> REVOKE CREATE ON SCHEMA public FROM ada CASCADE
    root> GRANT EXECUTE ON SCHEMA public TO ada
    root> GRANT SELECT ON ALL TABLES IN SCHEMA public, missing TO ada
    root> GRANT USAGE ON ALL TABLES IN SCHEMA public TO ada
    root> DROP OWNED BY ada, nobody
    root> REASSIGN OWNED BY nobody TO ada
    root> REASSIGN OWNED BY ada TO CURRENT_USER
    root> DROP OWNED BY CURRENT_USER
    root> DROP OWNED BY ada
    root> DROP ROLE ada
    root> ALTER TABLE missing.t OWNER TO root
    root> ALTER VIEW missing.t OWNER TO root
    root> ALTER VIEW IF EXISTS missing OWNER TO root
    root> ALTER TABLE IF EXISTS missing.t OWNER TO root
    root> ALTER MATERIALIZED VIEW missing OWNER TO root`,
}

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var wrong = []struct {
	text string
	args []any
}{
	{"SELEC 1", nil},
	{"SELECT 'ü', nope", nil},
	{"SELECT * FROM nowhere WHERE x = $1", []any{1}},
	{"SELECT $1::int / 0", []any{1}},
	{"SELECT $1::date", []any{"2024-13-01"}},
	{"INSERT INTO go_errors VALUES ($1, 'again')", []any{1}},
	{"INSERT INTO go_errors VALUES ($1, NULL)", []any{2}},
	{"INSERT INTO go_errors VALUES ($1, 'much too long')", []any{2}},
	{"SELECT $1", []any{[]int{1}}},
	{"SELECT nope($1::text)", []any{"x"}},
	{"SELECT 1; SELECT $1::int", []any{1}},
	{"DROP TABLE nowhere", nil},
	{"SELECT $1::text", []any{"a\xffb"}},
	{"SELECT $1::text", []any{"a\x00b"}},
	{"SELECT 'a\xc3'", nil},
	{"SELECT 1 FROM go_errors WHERE t = $1 AND id = $2", []any{1, "x"}},
}

// What pgx tells of errors and notices, and what the connection knows of the server.
func pgxErrors(r *report) {
	for _, mode := range modes {
		conn := pgxConnect(mode)
		pgxRun(conn, "DROP TABLE IF EXISTS go_errors",
			"CREATE TABLE go_errors (id int PRIMARY KEY, t varchar(10) NOT NULL)",
			"INSERT INTO go_errors VALUES (1, 'a')")
		for _, w := range wrong {
			_, err := conn.Exec(background, w.text, w.args...)
			r.see(fmt.Sprintf("%s, %s", mode, w.text), describeError(err))
		}
		r.equal("alive", pgxValue[int32](conn, "SELECT 3"), int32(3))
		must(conn.Close(background))
	}
	r.attempt("notices", func() {
		config := must1(pgx.ParseConfig(connectionString("sslmode=disable", "application_name=go")))
		config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
			r.see("notice", n.Severity+" "+n.Code+" "+n.Message)
		}
		conn := must1(pgx.ConnectConfig(background, config))
		defer conn.Close(background)
		pgxRun(conn, "DROP TABLE IF EXISTS nowhere", "COMMIT", "BEGIN", "BEGIN", "ROLLBACK", "ROLLBACK")
		names := []string{"application_name", "integer_datetimes", "standard_conforming_strings", "TimeZone"}
		for _, name := range names {
			r.see(name, conn.PgConn().ParameterStatus(name))
		}
		must(conn.Ping(background))
		pgxRun(conn, "", ";", "-- nothing")
	})
}

func describeError(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return fmt.Sprintf("%s; %s; %s; position %d; detail %s; hint %s; %s %s %s %s",
			e.Severity, e.Code, e.Message, e.Position, e.Detail, e.Hint, e.SchemaName, e.TableName, e.ColumnName,
			e.ConstraintName)
	}
	return fmt.Sprint(err)
}

func otherCA() string { return "sslrootcert=" + os.Getenv("CLIENT_OTHER_CA") }

func isUnknownAuthority(err error) bool {
	return err != nil && strings.Contains(err.Error(), "certificate signed by unknown authority")
}

// SCRAM over TLS with a certificate that is checked; the environment has the CA, another one and the
// password.
func pgxLogin(r *report) {
	connect := func(options ...string) (*pgx.Conn, error) {
		ctx, cancel := deadline()
		defer cancel()
		return pgx.Connect(ctx, connectionString(options...))
	}
	password := "password=" + os.Getenv("CLIENT_PASSWORD")
	ca := "sslrootcert=" + os.Getenv("PGSSLROOTCERT")
	for _, options := range [][]string{
		{"sslmode=verify-full", ca, password},
		{"sslmode=require", password},
		{"sslmode=prefer", password},
		{"sslmode=disable", password},
	} {
		conn := must1(connect(options...))
		r.equal(options[0], pgxValue[string](conn, "SELECT current_user"), os.Getenv("PGUSER"))
		must(conn.Close(background))
	}
	_, err := connect("sslmode=verify-full", ca, "password=wrong")
	refused := "password authentication failed for user \"" + os.Getenv("PGUSER") + "\""
	r.refused("a wrong password", err, "28P01", refused)
	_, err = connect("sslmode=verify-full", ca, password, "dbname=nowhere")
	r.refused("no database", err, "3D000", "database \"nowhere\" does not exist")
	_, err = connect("sslmode=verify-full", otherCA(), password)
	r.equal("a certificate of another CA", isUnknownAuthority(err), true)
}

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/lib/pq"
)

// binary_parameters sends bytea as bytes and asks for some results as binary.
var pqWays = []string{"binary_parameters=no", "binary_parameters=yes"}

func pqOpen(options ...string) *sql.DB {
	return must1(sql.Open("postgres", connectionString(append(options, "sslmode=disable")...)))
}

func pqRun(db *sql.DB, texts ...string) {
	for _, text := range texts {
		must1(db.Exec(text))
	}
}

func pqValue[T any](db interface {
	QueryRow(query string, args ...any) *sql.Row
}, text string, args ...any) T {
	var value T
	must(db.QueryRow(text, args...).Scan(&value))
	return value
}

// database/sql: statements with and without parameters, several at once, errors, settings.
func pqQueries(r *report) {
	for _, way := range pqWays {
		db := pqOpen(way, "application_name=go")
		r.attempt(way, func() { pqQuery(r, db) })
		r.attempt(way+", prepared", func() { pqPrepared(r, db) })
		r.attempt(way+", errors", func() { pqErrors(r, db, way) })
		must(db.Close())
	}
}

func pqQuery(r *report, db *sql.DB) {
	must(db.Ping())
	pqRun(db, "DROP TABLE IF EXISTS pq_rows",
		"CREATE TABLE pq_rows (id int PRIMARY KEY, name text, at timestamptz)")
	result := must1(db.Exec("INSERT INTO pq_rows VALUES ($1, $2, now()), ($3, $4, NULL)", 1, "a", 2, nil))
	r.equal("rows affected", must1(result.RowsAffected()), int64(2))
	var name sql.NullString
	var at sql.NullTime
	must(db.QueryRow("SELECT name, at FROM pq_rows WHERE id = $1", 2).Scan(&name, &at))
	r.equal("NULLs", name.Valid || at.Valid, false)
	must(db.QueryRow("SELECT name, at FROM pq_rows WHERE id = $1", 1).Scan(&name, &at))
	r.equal("values", name.String == "a" && time.Since(at.Time) < time.Hour, true)
	r.equal("returning", pqValue[int](db, "INSERT INTO pq_rows VALUES (3, 'c') RETURNING id * 10"), 30)
	rows := must1(db.Query("SELECT 1 AS a; SELECT 2 AS b, 'x' AS c; SELECT 3 AS d WHERE false"))
	for more := true; more; more = rows.NextResultSet() {
		columns := must1(rows.Columns())
		count := 0
		for rows.Next() {
			count++
		}
		r.see("result set", fmt.Sprint(columns, count))
	}
	must(rows.Err())
	r.equal("application_name", pqValue[string](db, "SHOW application_name"), "go")
	r.equal("DateStyle", pqValue[string](db, "SHOW DateStyle"), "ISO, MDY")
}

func pqPrepared(r *report, db *sql.DB) {
	statement := must1(db.Prepare("SELECT g, g * $1::numeric, 'x' || g FROM generate_series(1, $2) g"))
	defer statement.Close()
	for execution := 1; execution <= executions; execution++ {
		rows := must1(statement.Query("1.5", execution))
		count := 0
		for rows.Next() {
			var number int
			var product, text string
			must(rows.Scan(&number, &product, &text))
			r.equal("product", product, fmt.Sprintf("%.1f", 1.5*float64(number)))
			count++
		}
		must(rows.Err())
		r.equal("rows", count, execution)
		types := must1(must1(statement.Query("1", 1)).ColumnTypes())
		for _, column := range types {
			r.see("column", column.Name()+" "+column.DatabaseTypeName()+" "+column.ScanType().String())
		}
	}
}

func pqErrors(r *report, db *sql.DB, way string) {
	for _, text := range []string{
		"SELEC 1", "SELECT 1 + nope", "INSERT INTO pq_rows VALUES (1, 'again')", "SELECT * FROM nowhere",
		"SELECT 1 / 0",
	} {
		_, err := db.Exec(text)
		e, ok := err.(*pq.Error)
		if !ok {
			r.fail("%s: %v", text, err)
			continue
		}
		r.see(way+", "+text, fmt.Sprint(e.Severity, e.Code, e.Code.Name(), e.Message, e.Detail, e.Hint, e.Position,
			e.Schema, e.Table, e.Column, e.Constraint))
	}
	_, err := db.Query("SELECT $1::int", "many")
	r.refused("a bad parameter", err, "22P02", "invalid input syntax for type integer: \"many\"")
	_, err = db.Query("SELECT $1", 1, 2)
	r.equal("too many parameters", err != nil, true)
	r.equal("alive", pqValue[int](db, "SELECT 3"), 3)
}

// COPY through a prepared statement.
func pqCopy(r *report) {
	db := pqOpen()
	defer db.Close()
	pqRun(db, "DROP TABLE IF EXISTS pq_copy",
		"CREATE TABLE pq_copy (id int PRIMARY KEY, name text, data bytea, at timestamptz)")
	copyRows := func(ids ...int) error {
		tx := must1(db.Begin())
		defer tx.Rollback()
		statement := must1(tx.Prepare(pq.CopyIn("pq_copy", "id", "name", "data", "at")))
		for _, id := range ids {
			name, at := fmt.Sprint("tab\tnewline\n\\", id), time.Unix(int64(id), 0)
			if _, err := statement.Exec(id, name, []byte{0, byte(id)}, at); err != nil {
				return err
			}
		}
		if _, err := statement.Exec(); err != nil {
			return err
		}
		must(statement.Close())
		return tx.Commit()
	}
	ids := make([]int, 5000)
	for index := range ids {
		ids[index] = index
	}
	must(copyRows(ids...))
	r.see("rows", pqValue[string](db, "SELECT count(*) || ' ' || min(at) || ' ' || max(name) FROM pq_copy"))
	r.equal("bytes", pqValue[[]byte](db, "SELECT data FROM pq_copy WHERE id = 255"), []byte{0, 255})
	duplicate := "duplicate key value violates unique constraint \"pq_copy_pkey\""
	r.refused("a key twice", copyRows(9000, 1), "23505", duplicate)
	r.equal("nothing is kept", pqValue[int](db, "SELECT count(*) FROM pq_copy WHERE id >= 9000"), 0)
}

// Transactions by database/sql's options.
func pqTransactions(r *report) {
	for _, way := range pqWays {
		db := pqOpen(way)
		sqlTransactions(r, db)
		must(db.Close())
	}
}

func sqlTransactions(r *report, db *sql.DB) {
	pqRun(db, "DROP TABLE IF EXISTS pq_tx", "CREATE TABLE pq_tx (id int PRIMARY KEY)")
	for _, level := range []sql.IsolationLevel{
		sql.LevelDefault, sql.LevelReadUncommitted, sql.LevelReadCommitted, sql.LevelRepeatableRead,
		sql.LevelSerializable,
	} {
		for _, readOnly := range []bool{false, true} {
			tx := must1(db.BeginTx(background, &sql.TxOptions{Isolation: level, ReadOnly: readOnly}))
			r.see(level.String(), pqValue[string](tx, "SHOW transaction_isolation"))
			_, err := tx.Exec("INSERT INTO pq_tx VALUES ($1)", int(level))
			if readOnly {
				r.refused("read only", err, "25006", "cannot execute INSERT in a read-only transaction")
				must(tx.Rollback())
			} else {
				must(err)
				must(tx.Commit())
			}
		}
	}
	r.equal("rows", pqValue[int](db, "SELECT count(*) FROM pq_tx"), 5)
	tx := must1(db.Begin())
	_, err := tx.Exec("SELECT nope")
	r.refused("the failure", err, "42703", "column \"nope\" does not exist")
	_, err = tx.Exec("SELECT 1")
	r.equal("a failed transaction", err != nil, true)
	must(tx.Rollback())
}

// pq.Listener, with a connection of its own.
func pqListener(r *report) {
	db := pqOpen()
	defer db.Close()
	events := make(chan pq.ListenerEventType, 8)
	listener := pq.NewListener(connectionString("sslmode=disable"), 10*time.Millisecond, time.Second,
		func(event pq.ListenerEventType, err error) { events <- event })
	defer listener.Close()
	must(listener.Listen("pq_one"))
	must(listener.Listen("Pq Two"))
	r.equal("connected", <-events, pq.ListenerEventConnected)
	pqRun(db, "NOTIFY pq_one, 'a''b'", "SELECT pg_notify('Pq Two', '')")
	for _, expected := range []string{"pq_one a'b", "Pq Two "} {
		select {
		case n := <-listener.Notify:
			r.equal("notification", n.Channel+" "+n.Extra, expected)
		case <-time.After(20 * time.Second):
			r.fail("no notification %s", expected)
		}
	}
	must(listener.Ping())
	must(listener.Unlisten("pq_one"))
	must(listener.UnlistenAll())
}

// A context that ends makes lib/pq send a CancelRequest. One that ends before the statement is sent does not:
// the next one is given more time.
func pqCancelled(db *sql.DB, text string) error {
	for limit := 100 * time.Millisecond; ; limit *= 2 {
		ctx, cancel := context.WithTimeout(background, limit)
		_, err := db.ExecContext(ctx, text, 60)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || limit > 10*time.Second {
			return err
		}
	}
}

func pqCancel(r *report) {
	for _, way := range pqWays {
		db := pqOpen(way)
		for _, text := range endless {
			r.refused(way, pqCancelled(db, text), "57014", "canceling statement due to user request")
		}
		r.equal("afterwards", pqValue[int](db, "SELECT 5"), 5)
		must(db.Close())
	}
}

// SCRAM over TLS with a certificate that is checked.
func pqLogin(r *report) {
	ca := "sslrootcert=" + os.Getenv("PGSSLROOTCERT")
	password := "password=" + os.Getenv("CLIENT_PASSWORD")
	ping := func(options ...string) error {
		db := must1(sql.Open("postgres", connectionString(options...)))
		defer db.Close()
		return db.Ping()
	}
	modes := []string{"sslmode=verify-full", "sslmode=verify-ca", "sslmode=require", "sslmode=disable"}
	for _, mode := range modes {
		must(ping(mode, ca, password))
	}
	refused := "password authentication failed for user \"" + os.Getenv("PGUSER") + "\""
	r.refused("a wrong password", ping("sslmode=verify-full", ca, "password=wrong"), "28P01", refused)
	err := ping("sslmode=verify-full", otherCA(), password)
	r.equal("a certificate of another CA", isUnknownAuthority(err), true)
}

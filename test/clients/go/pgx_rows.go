package main

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// Long results: read slowly, cancelled while the server waits for the reader, left by a client that goes away;
// rows as values; servers that are chosen by what they are.
func pgxRows(r *report) {
	for _, mode := range modes {
		r.attempt(mode.String(), func() { pgxSlowReader(r, mode) })
	}
	r.attempt("records", func() { pgxRecords(r) })
	r.attempt("targets", func() { pgxTargets(r) })
}

const longResult = "SELECT g, repeat('x', 100) FROM generate_series(1, $1::int) g"

func pgxSlowReader(r *report, mode pgx.QueryExecMode) {
	conn := pgxConnect(mode)
	defer conn.Close(background)
	rows := must1(conn.Query(background, longResult, 2_000_000))
	count := 0
	for count < 10 && rows.Next() {
		count++
	}
	// Longer than it takes to fill the socket.
	time.Sleep(100 * time.Millisecond)
	must(conn.PgConn().CancelRequest(background))
	for rows.Next() {
		count++
	}
	r.refused("cancelled, "+mode.String(), rows.Err(), "57014", "canceling statement due to user request")
	r.equal("not all rows", count < 2_000_000, true)
	sum := int64(0)
	rows = must1(conn.Query(background, longResult, 50_000))
	for rows.Next() {
		var number int64
		var text string
		must(rows.Scan(&number, &text))
		sum += number + int64(len(text))
	}
	must(rows.Err())
	r.equal("sum, "+mode.String(), sum, int64(50_000*50_001/2+100*50_000))
	gone := pgxConnect(mode)
	rows = must1(gone.Query(background, longResult, 2_000_000))
	r.equal("a row", rows.Next(), true)
	must(gone.PgConn().Conn().Close())
}

func pgxRecords(r *report) {
	conn := pgxDefault("timezone=UTC")
	defer conn.Close(background)
	rows := must1(conn.Query(background, `SELECT ROW(1, 'a'::text, NULL::int), 1::int2, 1.50::numeric, 'x'::name,
	  'y'::"char", '{"a": [1]}'::jsonb, ARRAY['a', NULL], '1 mon'::interval, 'int4'::regtype, 5::oid, NULL`))
	for rows.Next() {
		for column, value := range must1(rows.Values()) {
			name := rows.FieldDescriptions()[column].Name
			r.see(name, fmt.Sprintf("%d %v", rows.FieldDescriptions()[column].DataTypeOID, value))
		}
	}
	must(rows.Err())
}

func pgxTargets(r *report) {
	for _, target := range []string{"any", "read-write", "primary", "prefer-standby"} {
		conn := pgxDefault("target_session_attrs=" + target)
		r.equal(target, pgxValue[int32](conn, "SELECT 1"), int32(1))
		must(conn.Close(background))
	}
	for _, target := range []string{"read-only", "standby"} {
		ctx, cancel := deadline()
		_, err := pgx.Connect(ctx, connectionString("sslmode=disable", "target_session_attrs="+target))
		cancel()
		r.equal(target+" is refused", err != nil, true)
	}
}

// pgx under database/sql.
func stdlib(r *report) {
	for _, way := range []string{"cache_statement", "exec", "simple_protocol"} {
		options := connectionString("sslmode=disable", "timezone=UTC", "default_query_exec_mode="+way)
		db := must1(sql.Open("pgx", options))
		must(db.Ping())
		sqlTypes(r, db, way)
		r.attempt(way+", transactions", func() { sqlTransactions(r, db) })
		must(db.Close())
	}
}

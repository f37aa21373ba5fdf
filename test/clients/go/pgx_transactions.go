package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const failedTransaction = "current transaction is aborted, commands ignored until end of transaction block"

// Transactions with their options, nested ones (savepoints), failed ones, and conflicts.
func pgxTransactions(r *report) {
	conn := pgxDefault()
	defer conn.Close(background)
	pgxRun(conn, "DROP TABLE IF EXISTS go_tx", "CREATE TABLE go_tx (id int PRIMARY KEY, n int)")
	r.attempt("nested", func() { pgxNested(r, conn) })
	r.attempt("failed", func() { pgxFailed(r, conn) })
	r.attempt("options", func() { pgxOptions(r, conn) })
	r.attempt("conflict", func() { pgxConflict(r, conn) })
	r.attempt("held back", func() { pgxLateError(r, conn) })
}

func pgxNested(r *report, conn *pgx.Conn) {
	outer := must1(conn.Begin(background))
	must1(outer.Exec(background, "INSERT INTO go_tx VALUES (1, 1)"))
	middle := must1(outer.Begin(background))
	must1(middle.Exec(background, "INSERT INTO go_tx VALUES (2, 2)"))
	inner := must1(middle.Begin(background))
	must1(inner.Exec(background, "INSERT INTO go_tx VALUES (3, 3)"))
	_, err := inner.Exec(background, "SELECT 1 / 0")
	r.refused("the inner one", err, "22012", "division by zero")
	_, err = inner.Exec(background, "SELECT 1")
	r.refused("the inner one, failed", err, "25P02", failedTransaction)
	must(inner.Rollback(background))
	r.equal("after the inner one", pgxValue[int64](middle, "SELECT count(*) FROM go_tx"), int64(2))
	must(middle.Commit(background))
	must(outer.Commit(background))
	r.equal("kept", pgxValue[int64](conn, "SELECT sum(id) FROM go_tx"), int64(3))
}

func pgxFailed(r *report, conn *pgx.Conn) {
	tx := must1(conn.Begin(background))
	_, err := tx.Exec(background, "SELECT nope")
	r.refused("the failure", err, "42703", "column \"nope\" does not exist")
	r.equal("status", conn.PgConn().TxStatus(), byte('E'))
	r.equal("COMMIT rolls back", errors.Is(tx.Commit(background), pgx.ErrTxCommitRollback), true)
	r.equal("status afterwards", conn.PgConn().TxStatus(), byte('I'))
	err = pgx.BeginFunc(background, conn, func(tx pgx.Tx) error {
		must1(tx.Exec(background, "INSERT INTO go_tx VALUES (50, 0)"))
		return errors.New("given up")
	})
	r.equal("given up", err.Error(), "given up")
	r.equal("rolled back", pgxValue[int64](conn, "SELECT count(*) FROM go_tx WHERE id = 50"), int64(0))
}

func pgxOptions(r *report, conn *pgx.Conn) {
	levels := []pgx.TxIsoLevel{pgx.Serializable, pgx.RepeatableRead, pgx.ReadCommitted, pgx.ReadUncommitted}
	for _, level := range levels {
		for _, access := range []pgx.TxAccessMode{pgx.ReadWrite, pgx.ReadOnly} {
			options := pgx.TxOptions{IsoLevel: level, AccessMode: access, DeferrableMode: pgx.Deferrable}
			tx := must1(conn.BeginTx(background, options))
			r.equal("level", pgxValue[string](tx, "SHOW transaction_isolation"), string(level))
			_, err := tx.Exec(background, "INSERT INTO go_tx VALUES (60, 0)")
			if access == pgx.ReadOnly {
				r.refused("read only", err, "25006", "cannot execute INSERT in a read-only transaction")
			} else {
				r.equal("read write", err, nil)
			}
			must(tx.Rollback(background))
		}
	}
}

func pgxConflict(r *report, conn *pgx.Conn) {
	other := pgxDefault()
	defer other.Close(background)
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead}
	first, second := must1(conn.BeginTx(background, options)), must1(other.BeginTx(background, options))
	for _, tx := range []pgx.Tx{first, second} {
		pgxValue[int64](tx, "SELECT count(*) FROM go_tx")
	}
	must1(first.Exec(background, "UPDATE go_tx SET n = n + 1 WHERE id = $1", 1))
	must(first.Commit(background))
	_, err := second.Exec(background, "UPDATE go_tx SET n = n + 10 WHERE id = $1", 1)
	if err == nil {
		err = second.Commit(background)
	}
	r.refused("the second", err, "40001", "could not serialize access due to concurrent update")
	if err = second.Rollback(background); !errors.Is(err, pgx.ErrTxClosed) {
		must(err)
	}
	r.equal("the first won", pgxValue[int32](conn, "SELECT n FROM go_tx WHERE id = 1"), int32(2))
}

// An error that the client reads only after it sent more.
func pgxLateError(r *report, conn *pgx.Conn) {
	rows := must1(conn.Query(background, "SELECT 100 / (50 - g) FROM generate_series(1, $1::int) g", 100))
	count := 0
	for rows.Next() {
		count++
	}
	r.equal("rows before the error", count <= 49, true)
	r.refused("after some rows", rows.Err(), "22012", "division by zero")
}

// LISTEN, NOTIFY and pg_notify; a waiting client is woken, and a wait can be given up.
func pgxNotifications(r *report) {
	listener, sender := pgxDefault(), pgxDefault()
	defer listener.Close(background)
	defer sender.Close(background)
	pgxRun(listener, "LISTEN go_one", "LISTEN \"Go Two\"")
	received := func() string {
		ctx, cancel := deadline()
		defer cancel()
		n := must1(listener.WaitForNotification(ctx))
		r.equal("sender", n.PID, sender.PgConn().PID())
		return n.Channel + " " + n.Payload
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		_, _ = sender.Exec(background, "SELECT pg_notify($1, $2)", "Go Two", "wörld")
		_, _ = sender.Exec(background, "NOTIFY go_one")
	}()
	r.equal("while waiting", received(), "Go Two wörld")
	r.equal("without a payload", received(), "go_one ")
	ctx, cancel := context.WithTimeout(background, 50*time.Millisecond)
	defer cancel()
	_, err := listener.WaitForNotification(ctx)
	r.equal("nothing comes", pgconn.Timeout(err), true)
	r.equal("still connected", listener.IsClosed(), false)
	must(pgx.BeginFunc(background, sender, func(tx pgx.Tx) error {
		for number := 0; number < 100; number++ {
			must1(tx.Exec(background, "SELECT pg_notify('go_one', $1)", fmt.Sprint(number)))
		}
		return nil
	}))
	for number := 0; number < 100; number++ {
		r.equal("in order", received(), fmt.Sprint("go_one ", number))
	}
}

// A context that ends sends a CancelRequest when it is asked to; the server ends the statement.
func pgxCancel(r *report) {
	for _, mode := range modes {
		r.attempt(mode.String(), func() { pgxCancelOne(r, mode) })
	}
	conn := pgxDefault()
	defer conn.Close(background)
	r.attempt("deadline", func() {
		ctx, cancel := context.WithTimeout(background, 100*time.Millisecond)
		defer cancel()
		_, err := conn.Exec(ctx, "SELECT pg_sleep(60)")
		r.equal("deadline", pgconn.Timeout(err), true)
		r.equal("pgx closes the connection", conn.IsClosed(), true)
	})
}

// With 60 as their parameter.
var endless = []string{
	"SELECT pg_sleep($1)",
	"SELECT count(*) FROM generate_series(1, $1::int8 * 1000000000)",
}

// A cancel that comes before the statement has no effect: it is sent again until the statement ends.
func pgxCancelOne(r *report, mode pgx.QueryExecMode) {
	conn := pgxConnect(mode)
	defer conn.Close(background)
	for _, text := range endless {
		done := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
					_ = conn.PgConn().CancelRequest(background)
				}
			}
		}()
		_, err := conn.Exec(background, text, 60)
		close(done)
		<-ended
		r.refused(mode.String(), err, "57014", "canceling statement due to user request")
		for conn.Ping(background) != nil {
			// A cancel that came late.
		}
		r.equal("afterwards", pgxValue[int32](conn, "SELECT 5"), int32(5))
	}
}

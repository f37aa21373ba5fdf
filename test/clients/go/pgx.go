package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/lib/pq"
)

var background = context.Background()

// Every way in which pgx sends a query.
var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement,
	pgx.QueryExecModeCacheDescribe,
	pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec,
	pgx.QueryExecModeSimpleProtocol,
}

// A connection whose queries are sent by `mode`.
func pgxConnect(mode pgx.QueryExecMode, options ...string) *pgx.Conn {
	config := must1(pgx.ParseConfig(connectionString(append(options, "sslmode=disable")...)))
	config.DefaultQueryExecMode = mode
	ctx, cancel := deadline()
	defer cancel()
	return must1(pgx.ConnectConfig(ctx, config))
}

func pgxDefault(options ...string) *pgx.Conn {
	return pgxConnect(pgx.QueryExecModeCacheStatement, options...)
}

// Runs statements without parameters, each by itself.
func pgxRun(conn *pgx.Conn, texts ...string) {
	for _, text := range texts {
		must1(conn.Exec(background, text))
	}
}

// The first column of the first row.
func pgxValue[T any](conn interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, text string, args ...any) T {
	var value T
	must(conn.QueryRow(background, text, args...).Scan(&value))
	return value
}

func serverError(err error) (code, message string) {
	var ofPgx *pgconn.PgError
	if errors.As(err, &ofPgx) {
		return ofPgx.Code, ofPgx.Message
	}
	var ofPq *pq.Error
	if errors.As(err, &ofPq) {
		return string(ofPq.Code), ofPq.Message
	}
	return "not a server's error", err.Error()
}

package main

import (
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const executions = 10

// A value as it is sent, and the same as it is read into a variable of its own type.
type sample struct {
	sqlType string
	value   any
	read    func(pgx.Rows) (any, error)
}

func of[T any](sqlType string, value T) sample {
	return sample{sqlType, value, func(rows pgx.Rows) (any, error) {
		var stored, echo T
		var none *T
		if err := rows.Scan(&stored, &none, &echo); err != nil {
			return nil, err
		}
		if none != nil {
			return nil, fmt.Errorf("expected NULL, got %v", *none)
		}
		if fmt.Sprint(stored) != fmt.Sprint(echo) {
			return nil, fmt.Errorf("stored %v, echo %v", stored, echo)
		}
		return stored, nil
	}}
}

func typeSamples() []sample {
	text := "Größe, 'quoted' \"x\" \\ 漢字 🚀\n\t"
	uuid := [16]byte{0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40}
	digits, _ := new(big.Int).SetString("-1234567890123456789000120", 10)
	return []sample{
		of("bool", true),
		of("int2", int16(math.MinInt16)),
		of("int4", int32(math.MaxInt32)),
		of("int8", int64(math.MinInt64)),
		of("oid", uint32(math.MaxUint32)),
		of("float4", float32(1.1)),
		of("float8", 1e-300),
		of("float8", math.Inf(-1)),
		of("numeric", pgtype.Numeric{Int: digits, Exp: -5, Valid: true}),
		of("numeric", pgtype.Numeric{Int: big.NewInt(12), Exp: 30, Valid: true}),
		of("numeric", pgtype.Numeric{NaN: true, Valid: true}),
		of("text", text),
		of("text", ""),
		of("varchar", text),
		of("bpchar", "ab"),
		of("name", "a name"),
		of("bytea", []byte{0, 1, 39, 92, 127, 128, 255}),
		of("date", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)),
		of("date", pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}),
		of("time", pgtype.Time{Microseconds: 86_399_123_456, Valid: true}),
		of("timetz", "13:14:15.123456-03:30"),
		of("timestamp", time.Date(1999, 12, 31, 23, 59, 59, 123_456_000, time.UTC)),
		of("timestamp", pgtype.Timestamp{InfinityModifier: pgtype.NegativeInfinity, Valid: true}),
		of("timestamptz", time.Date(2024, 3, 31, 1, 30, 0, 1000, time.UTC)),
		of("timestamptz", time.Date(-100, 1, 1, 0, 0, 0, 0, time.UTC)),
		of("interval", pgtype.Interval{Months: 10, Days: -3, Microseconds: -6_789_000, Valid: true}),
		of("uuid", pgtype.UUID{Bytes: uuid, Valid: true}),
		of("json", `{"a": [1, "x", null]}`),
		of("jsonb", `{"a": [1, "x", null]}`),
		of("text", netip.MustParseAddr("::1").String()),
	}
}

// Every type written and read 10 times in each mode; the modes differ in format and in who tells the types.
func pgxTypes(r *report) {
	for _, mode := range modes {
		conn := pgxConnect(mode, "timezone=UTC")
		for number, s := range typeSamples() {
			name := fmt.Sprintf("%s %d, %s", s.sqlType, number, mode)
			r.attempt(name, func() { pgxRoundTrip(r, conn, name, s) })
		}
		must(conn.Close(background))
	}
}

func pgxRoundTrip(r *report, conn *pgx.Conn, name string, s sample) {
	table := "go_type_" + s.sqlType
	create := "CREATE TABLE %s (id int PRIMARY KEY, value %s, other %s)"
	pgxRun(conn, "DROP TABLE IF EXISTS "+table, fmt.Sprintf(create, table, s.sqlType, s.sqlType))
	// The table is another one than that of the statements that are kept.
	must(conn.DeallocateAll(background))
	insert := fmt.Sprintf("INSERT INTO %s (id, value) VALUES ($1, $2)", table)
	query := fmt.Sprintf("SELECT value, other, $1::%s AS echo FROM %s WHERE id = $2", s.sqlType, table)
	for id := 1; id <= executions; id++ {
		tag := must1(conn.Exec(background, insert, id, s.value))
		r.equal(name+", tag", tag.String(), "INSERT 0 1")
		rows := must1(conn.Query(background, query, s.value, id))
		r.equal(name+", has a row", rows.Next(), true)
		value := must1(s.read(rows))
		r.equal(name+", value", comparable(value), comparable(s.value))
		r.see(name+", wire", fmt.Sprintf("%q", rows.RawValues()[0]))
		rows.Close()
		must(rows.Err())
	}
}

// Times of one instant are equal whatever their location; numbers whatever their scale.
func comparable(value any) any {
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case pgtype.Numeric:
		if v.NaN {
			return "NaN"
		}
		return new(big.Rat).Mul(new(big.Rat).SetInt(v.Int), powerOf10(v.Exp)).RatString()
	default:
		return value
	}
}

func powerOf10(exponent int32) *big.Rat {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(abs(exponent))), nil)
	if exponent < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), power)
	}
	return new(big.Rat).SetInt(power)
}

func abs(n int32) int32 {
	if n < 0 {
		return -n
	}
	return n
}

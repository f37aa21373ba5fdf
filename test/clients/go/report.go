package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"time"
)

// What a group of checks found.
type report struct {
	Group    string   `json:"group"`
	Failures []string `json:"failures"`
	Seen     []string `json:"seen"`
}

// Ends the checks of an attempt.
type stop struct{ message string }

func (r *report) json() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (r *report) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

func (r *report) equal(name string, actual, expected any) {
	if !reflect.DeepEqual(actual, expected) {
		r.fail("%s: expected %T %v, got %T %v", name, expected, expected, actual, actual)
	}
}

// Not checked here: two servers have to give the same.
func (r *report) see(name string, value any) {
	r.Seen = append(r.Seen, fmt.Sprintf("%s: %T %v", name, value, value))
}

// Checks that go on when one of them panics.
func (r *report) attempt(name string, run func()) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case stop:
			r.fail("%s: %s", name, problem.message)
		default:
			r.fail("%s: %v\n%s", name, problem, debug.Stack())
		}
	}()
	run()
}

// Ends the attempt when there is an error.
func must(err error) {
	if err == nil {
		return
	}
	var lines []string
	for _, line := range strings.Split(string(debug.Stack()), "\n") {
		if strings.HasPrefix(line, "main.") {
			lines = append(lines, line[:strings.IndexByte(line, '(')])
		}
	}
	panic(stop{err.Error() + " in " + strings.Join(lines, ", ")})
}

func must1[T any](value T, err error) T {
	must(err)
	return value
}

// A server's error, told by its SQLSTATE and whole message.
func (r *report) refused(name string, err error, code, message string) {
	if err == nil {
		r.fail("%s: expected %s %s, but nothing failed", name, code, message)
		return
	}
	gotCode, gotMessage := serverError(err)
	if gotCode != code || gotMessage != message {
		r.fail("%s: expected %s %s, got %s %s", name, code, message, gotCode, gotMessage)
	}
}

// Long enough for a slow machine; a check that needs it has failed.
func deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 20*time.Second)
}

// Options are name=value pairs.
func connectionString(options ...string) string {
	server := []string{
		"host=" + os.Getenv("PGHOST"), "port=" + os.Getenv("PGPORT"),
		"user=" + os.Getenv("PGUSER"), "dbname=" + os.Getenv("PGDATABASE"),
	}
	return strings.Join(append(server, options...), " ")
}

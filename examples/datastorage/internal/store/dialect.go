package store

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// dialect holds what differs between the two databases.
type dialect struct {
	name      string
	forUpdate string // suffix that locks a selected row until the end of the transaction
	lock      string // statement that serialises migrations of several replicas; empty: one writer anyway
	timeValue func(time.Time) driver.Value
}

var postgres = dialect{
	name:      "postgres",
	forUpdate: " FOR UPDATE",
	lock:      "SELECT pg_advisory_xact_lock(72616469)",
	timeValue: asTimestamp,
}

var sqlite = dialect{
	name:      "sqlite",
	timeValue: asMicroseconds,
}

func asTimestamp(t time.Time) driver.Value { return t }

func asMicroseconds(t time.Time) driver.Value { return t.UnixMicro() }

// instant reads a time from either a timestamp or a number of microseconds.
type instant time.Time

// Scan implements sql.Scanner.
func (i *instant) Scan(source any) error {
	switch value := source.(type) {
	case time.Time:
		*i = instant(value.UTC())
	case int64:
		*i = instant(time.UnixMicro(value).UTC())
	case nil:
		*i = instant{}
	default:
		return fmt.Errorf("cannot read a time from %T", source)
	}
	return nil
}

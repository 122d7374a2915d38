package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/datastorage/internal/record"
)

// ErrCursor is returned for a cursor that no List call has returned.
var ErrCursor = errors.New("invalid cursor")

// Filter selects records; empty fields select all.
type Filter struct {
	NotificationID string
	Channel        string
	Priority       string
	Status         record.Status
	Subject        string // part of the subject, in any case
	Since          time.Time
	Until          time.Time
	Limit          int
	Cursor         string
}

// Page is one page of a list, newest first. Next is empty on the last one.
type Page struct {
	Records []record.Record `json:"records"`
	Next    string          `json:"next,omitempty"`
}

// Stats counts records.
type Stats struct {
	Total     int            `json:"total"`
	ByStatus  map[string]int `json:"by_status"`
	ByChannel map[string]int `json:"by_channel"`
	Attempts  int            `json:"attempts"`
	Oldest    *time.Time     `json:"oldest,omitempty"`
	Newest    *time.Time     `json:"newest,omitempty"`
}

// conditions collects WHERE terms and their arguments.
type conditions struct {
	terms []string
	args  []any
}

// add takes a term with one %s for each argument's placeholder.
func (c *conditions) add(term string, args ...any) {
	places := make([]any, len(args))
	for i, arg := range args {
		c.args = append(c.args, arg)
		places[i] = "$" + strconv.Itoa(len(c.args))
	}
	c.terms = append(c.terms, fmt.Sprintf(term, places...))
}

func (c *conditions) where() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

// List returns one page of the records that match.
func (s *Store) List(ctx context.Context, f Filter) (Page, error) {
	var c conditions
	for column, value := range map[string]string{
		"notification_id": f.NotificationID, "channel": f.Channel,
		"priority": f.Priority, "status": string(f.Status),
	} {
		if value != "" {
			c.add(column+" = %s", value)
		}
	}
	if f.Subject != "" {
		c.add(`LOWER(subject) LIKE %s ESCAPE '\'`, "%"+escapeLike(strings.ToLower(f.Subject))+"%")
	}
	if !f.Since.IsZero() {
		c.add("created_at >= %s", s.dialect.timeValue(f.Since))
	}
	if !f.Until.IsZero() {
		c.add("created_at < %s", s.dialect.timeValue(f.Until))
	}
	if f.Cursor != "" {
		created, id, err := decodeCursor(f.Cursor)
		if err != nil {
			return Page{}, err
		}
		c.add("(created_at, id) < (%s, %s)", s.dialect.timeValue(created), id)
	}
	// One more than asked for tells whether there is another page.
	c.args = append(c.args, f.Limit+1)
	query := `SELECT ` + columns + ` FROM records` + c.where() +
		` ORDER BY created_at DESC, id DESC LIMIT $` + strconv.Itoa(len(c.args))

	rows, err := s.db.QueryContext(ctx, query, c.args...)
	if err != nil {
		return Page{}, fmt.Errorf("list records: %w", err)
	}
	defer rows.Close()
	page := Page{Records: []record.Record{}}
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return Page{}, err
		}
		page.Records = append(page.Records, r)
	}
	if err := rows.Err(); err != nil {
		return Page{}, fmt.Errorf("list records: %w", err)
	}
	if len(page.Records) > f.Limit {
		page.Records = page.Records[:f.Limit]
		last := page.Records[f.Limit-1]
		page.Next = encodeCursor(last.CreatedAt, last.ID)
	}
	return page, nil
}

// Stats counts all records.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{ByStatus: map[string]int{}, ByChannel: map[string]int{}}
	rows, err := s.db.QueryContext(ctx, `SELECT status, channel, COUNT(*), SUM(attempts), MIN(created_at), MAX(created_at)
		FROM records GROUP BY status, channel`)
	if err != nil {
		return stats, fmt.Errorf("count records: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			status, channel string
			count, attempts int
			oldest, newest  instant
		)
		if err := rows.Scan(&status, &channel, &count, &attempts, &oldest, &newest); err != nil {
			return stats, fmt.Errorf("count records: %w", err)
		}
		stats.Total += count
		stats.Attempts += attempts
		stats.ByStatus[status] += count
		stats.ByChannel[channel] += count
		if first := time.Time(oldest); stats.Oldest == nil || first.Before(*stats.Oldest) {
			stats.Oldest = &first
		}
		if last := time.Time(newest); stats.Newest == nil || last.After(*stats.Newest) {
			stats.Newest = &last
		}
	}
	return stats, rows.Err()
}

func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

func encodeCursor(created time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(created.UnixMicro(), 10) + " " + id))
}

func decodeCursor(cursor string) (time.Time, string, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return time.Time{}, "", ErrCursor
	}
	number, id, found := strings.Cut(string(text), " ")
	micros, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !found {
		return time.Time{}, "", ErrCursor
	}
	return time.UnixMicro(micros), id, nil
}

// Package store keeps records in PostgreSQL or, without a server, in SQLite.
package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // driver sqlite

	"example.com/datastorage/internal/record"
)

var (
	// ErrNotFound is returned when there is no record of that id.
	ErrNotFound = errors.New("record not found")
	// ErrExists is returned when a record of that id is there already.
	ErrExists = errors.New("record exists")
)

const columns = `id, notification_id, channel, target, priority, subject, body,
	status, attempts, error, labels, created_at, updated_at`

// Store is safe for concurrent use.
type Store struct {
	db      *sql.DB
	dialect dialect
	keeper  *sql.Conn // keeps an in-memory database alive; nil otherwise
}

// OpenPostgres prepares a pool; it does not connect yet.
func OpenPostgres(databaseURL string) (*Store, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(5)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &Store{db: db, dialect: postgres}, nil
}

// OpenSQLite opens the database file in dir, or one in memory if dir is empty.
func OpenSQLite(ctx context.Context, dir string) (*Store, error) {
	options := url.Values{"_txlock": {"immediate"}}
	// temp_store: the root file system may be read-only and without /tmp.
	options["_pragma"] = []string{"busy_timeout(5000)", "foreign_keys(1)", "temp_store(2)"}
	path := "/datastorage"
	if dir == "" {
		options.Set("vfs", "memdb")
	} else {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("DATA_DIR: %w", err)
		}
		path = filepath.Join(dir, "datastorage.db")
		options.Add("_pragma", "journal_mode(WAL)")
	}
	db, err := sql.Open("sqlite", "file:"+path+"?"+options.Encode())
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	s := &Store{db: db, dialect: sqlite}
	if dir != "" {
		db.SetMaxOpenConns(1)
		return s, nil
	}
	// The database lives as long as one connection to it: the keeper's. The
	// other one does the work and may be closed and opened again by the pool.
	db.SetMaxOpenConns(2)
	if s.keeper, err = db.Conn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite in memory: %w", err), db.Close())
	}
	return s, nil
}

// Kind names the database in use.
func (s *Store) Kind() string { return s.dialect.name }

// Ping checks that the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Close releases all connections.
func (s *Store) Close() error {
	if s.keeper != nil {
		return errors.Join(s.keeper.Close(), s.db.Close())
	}
	return s.db.Close()
}

// Create stores a new record, or returns ErrExists.
func (s *Store) Create(ctx context.Context, r record.Record) error {
	labels, err := json.Marshal(labelsOf(r))
	if err != nil {
		return err
	}
	result, err := s.db.ExecContext(ctx, `INSERT INTO records (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO NOTHING`,
		r.ID, r.NotificationID, r.Channel, r.Target, r.Priority, r.Subject, r.Body,
		string(r.Status), r.Attempts, r.Error, string(labels),
		s.dialect.timeValue(r.CreatedAt), s.dialect.timeValue(r.UpdatedAt))
	if err != nil {
		return fmt.Errorf("create record: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return ErrExists
	}
	return nil
}

// Get returns the record of that id, or ErrNotFound.
func (s *Store) Get(ctx context.Context, id string) (record.Record, error) {
	return scan(s.db.QueryRowContext(ctx, `SELECT `+columns+` FROM records WHERE id = $1`, id))
}

// Update applies a change and returns the record as it is then.
func (s *Store) Update(ctx context.Context, id string, change record.Change, now time.Time) (record.Record, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return record.Record{}, fmt.Errorf("update record: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit

	r, err := scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM records WHERE id = $1`+s.dialect.forUpdate, id))
	if err != nil {
		return record.Record{}, err
	}
	if err := r.Apply(change); err != nil {
		return record.Record{}, err
	}
	r.UpdatedAt = now
	_, err = tx.ExecContext(ctx, `UPDATE records
		SET status = $2, attempts = $3, target = $4, error = $5, updated_at = $6 WHERE id = $1`,
		id, string(r.Status), r.Attempts, r.Target, r.Error, s.dialect.timeValue(now))
	if err != nil {
		return record.Record{}, fmt.Errorf("update record: %w", err)
	}
	return r, tx.Commit()
}

// Delete removes a record, or returns ErrNotFound.
func (s *Store) Delete(ctx context.Context, id string) error {
	result, err := s.db.ExecContext(ctx, `DELETE FROM records WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("delete record: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return ErrNotFound
	}
	return nil
}

// PurgeBefore deletes at most batch records that were created before the
// given time and returns their ids.
func (s *Store) PurgeBefore(ctx context.Context, before time.Time, batch int) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, `DELETE FROM records WHERE id IN (
		SELECT id FROM records WHERE created_at < $1 ORDER BY created_at LIMIT $2) RETURNING id`,
		s.dialect.timeValue(before), batch)
	if err != nil {
		return nil, fmt.Errorf("purge records: %w", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

type scanner interface{ Scan(...any) error }

func scan(row scanner) (record.Record, error) {
	var (
		r       record.Record
		labels  []byte
		created instant
		updated instant
	)
	err := row.Scan(&r.ID, &r.NotificationID, &r.Channel, &r.Target, &r.Priority, &r.Subject, &r.Body,
		&r.Status, &r.Attempts, &r.Error, &labels, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNotFound
	}
	if err != nil {
		return r, fmt.Errorf("read record: %w", err)
	}
	if err := json.Unmarshal(labels, &r.Labels); err != nil {
		return r, fmt.Errorf("labels of record %s: %w", r.ID, err)
	}
	r.CreatedAt, r.UpdatedAt = time.Time(created), time.Time(updated)
	return r, nil
}

func labelsOf(r record.Record) map[string]string {
	if r.Labels == nil {
		return map[string]string{}
	}
	return r.Labels
}

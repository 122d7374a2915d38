package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"time"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date, all steps in one transaction, and
// returns the names of those that were applied.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	folder := path.Join("migrations", s.dialect.name)
	steps, err := fs.ReadDir(migrations, folder)
	if err != nil {
		return nil, err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit

	if s.dialect.lock != "" {
		if _, err := tx.ExecContext(ctx, s.dialect.lock); err != nil {
			return nil, fmt.Errorf("migrate: wait for other replicas: %w", err)
		}
	}
	_, err = tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (
		name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)`)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var applied []string
	for _, step := range steps {
		var count int
		row := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM schema_migrations WHERE name = $1`, step.Name())
		if err := row.Scan(&count); err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
		if count > 0 {
			continue
		}
		statements, err := migrations.ReadFile(path.Join(folder, step.Name()))
		if err != nil {
			return nil, err
		}
		if _, err := tx.ExecContext(ctx, string(statements)); err != nil {
			return nil, fmt.Errorf("migration %s: %w", step.Name(), err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO schema_migrations (name, applied_at) VALUES ($1, $2)`,
			step.Name(), time.Now().UnixMicro())
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", step.Name(), err)
		}
		applied = append(applied, step.Name())
	}
	return applied, tx.Commit()
}

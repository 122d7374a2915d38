package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/datastorage/internal/record"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := OpenSQLite(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRecordsSurviveReopening(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	first, err := OpenSQLite(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	applied, err := first.Migrate(ctx)
	if err != nil || len(applied) != 3 {
		t.Fatalf("applied %v, %v", applied, err)
	}
	want := record.Record{ID: "a", NotificationID: "n", Channel: "file", Priority: "low", Subject: "s",
		Status: record.Pending, Labels: map[string]string{"k": "v"}, CreatedAt: epoch, UpdatedAt: epoch}
	if err := first.Create(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := open(t, dir)
	if applied, err := second.Migrate(ctx); err != nil || len(applied) != 0 {
		t.Errorf("second migration applied %v, %v", applied, err)
	}
	got, err := second.Get(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := second.Create(ctx, want); !errors.Is(err, ErrExists) {
		t.Errorf("second create: %v", err)
	}
}

func TestPurgeBeforeWorksInBatches(t *testing.T) {
	ctx, s := context.Background(), open(t, "")
	for i := range 5 {
		when := epoch.Add(time.Duration(i) * time.Hour)
		r := record.Record{ID: fmt.Sprint(i), Status: record.Pending, CreatedAt: when, UpdatedAt: when}
		if err := s.Create(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{2, 1, 0} {
		ids, err := s.PurgeBefore(ctx, epoch.Add(150*time.Minute), 2)
		if err != nil || len(ids) != want {
			t.Fatalf("purged %v, %v; want %d", ids, err, want)
		}
	}
	if stats, err := s.Stats(ctx); err != nil || stats.Total != 2 {
		t.Errorf("stats %+v, %v", stats, err)
	}
}

func TestCursor(t *testing.T) {
	created, id, err := decodeCursor(encodeCursor(epoch, "a b"))
	if err != nil || !created.Equal(epoch) || id != "a b" {
		t.Errorf("got %s, %q, %v", created, id, err)
	}
	for _, bad := range []string{"%", "MTIz", "eCB5"} {
		if _, _, err := decodeCursor(bad); !errors.Is(err, ErrCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

package cache

import (
	"context"
	"testing"
	"time"
)

func TestMemory(t *testing.T) {
	ctx := context.Background()
	clock := time.Unix(0, 0)
	m := NewMemory(2)
	m.now = func() time.Time { return clock }
	has := func(key string) bool {
		_, found, _ := m.Get(ctx, key)
		return found
	}

	m.Set(ctx, "a", []byte("1"), time.Minute)
	m.Set(ctx, "b", []byte("2"), time.Second)
	if !has("a") || !has("b") {
		t.Fatal("entries are missing")
	}
	clock = clock.Add(2 * time.Second)
	if has("b") {
		t.Error("b should have expired")
	}
	m.Set(ctx, "c", []byte("3"), time.Minute)
	if !has("a") {
		t.Fatal("a should still be there")
	}
	m.Set(ctx, "d", []byte("4"), time.Minute)
	if has("c") || !has("a") || !has("d") {
		t.Error("the least recently used entry, c, should have made room")
	}
	m.Delete(ctx, "a", "unknown")
	if has("a") {
		t.Error("a should be deleted")
	}
}

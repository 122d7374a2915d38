package cache

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Memory is a cache of this process: the least recently used entry makes room.
type Memory struct {
	mu      sync.Mutex
	limit   int
	order   *list.List // front: used last
	entries map[string]*list.Element
	now     func() time.Time
}

type entry struct {
	key     string
	value   []byte
	expires time.Time
}

// NewMemory holds up to limit entries.
func NewMemory(limit int) *Memory {
	return &Memory{limit: limit, order: list.New(), entries: map[string]*list.Element{}, now: time.Now}
}

// Get implements Cache.
func (m *Memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, ok := m.entries[key]
	if !ok {
		return nil, false, nil
	}
	e := element.Value.(*entry)
	if !m.now().Before(e.expires) {
		m.remove(element)
		return nil, false, nil
	}
	m.order.MoveToFront(element)
	return e.value, true, nil
}

// Set implements Cache.
func (m *Memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, ok := m.entries[key]; ok {
		m.remove(element)
	}
	m.entries[key] = m.order.PushFront(&entry{key: key, value: value, expires: m.now().Add(ttl)})
	for len(m.entries) > m.limit {
		m.remove(m.order.Back())
	}
	return nil
}

// Delete implements Cache.
func (m *Memory) Delete(_ context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		if element, ok := m.entries[key]; ok {
			m.remove(element)
		}
	}
	return nil
}

func (m *Memory) remove(element *list.Element) {
	delete(m.entries, m.order.Remove(element).(*entry).key)
}

// Ping implements Cache.
func (m *Memory) Ping(context.Context) error { return nil }

// Kind implements Cache.
func (m *Memory) Kind() string { return "memory" }

// Close implements Cache.
func (m *Memory) Close() error { return nil }

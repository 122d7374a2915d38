// Package cache keeps recently read values in Redis or in memory.
package cache

import (
	"context"
	"time"
)

// Cache stores values for a limited time.
type Cache interface {
	// Get returns the value of key; found is false when there is none.
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	// Set stores value until ttl is over.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Delete forgets keys; unknown ones are no error.
	Delete(ctx context.Context, keys ...string) error
	// Ping checks that the cache answers.
	Ping(ctx context.Context) error
	// Kind names the implementation.
	Kind() string
	Close() error
}

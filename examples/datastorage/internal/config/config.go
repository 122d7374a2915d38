// Package config reads the service's settings from the environment and,
// below it, from an optional file of KEY=VALUE lines named by CONFIG.
package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Config holds every setting of the service.
type Config struct {
	ListenHost        string
	Port              int
	DatabaseURL       string // empty: embedded SQLite
	RedisURL          string // empty: in-memory cache
	DataDir           string // directory of the SQLite file; empty: SQLite in memory
	CacheTTL          time.Duration
	CacheEntries      int
	Retention         time.Duration // 0: records are kept for ever
	RetentionInterval time.Duration
	StartupTimeout    time.Duration
	ShutdownDelay     time.Duration
	ShutdownTimeout   time.Duration
	LogLevel          slog.Level
	LogFormat         string
}

// Address is what the HTTP server listens on.
func (c Config) Address() string {
	return net.JoinHostPort(c.ListenHost, strconv.Itoa(c.Port))
}

// known lists the accepted keys with their defaults.
var known = map[string]string{
	"LISTEN_HOST":        "",
	"PORT":               "8080",
	"DATABASE_URL":       "",
	"REDIS_URL":          "",
	"DATA_DIR":           "",
	"CACHE_TTL":          "30s",
	"CACHE_ENTRIES":      "10000",
	"RETENTION":          "0s",
	"RETENTION_INTERVAL": "1h",
	"STARTUP_TIMEOUT":    "60s",
	"SHUTDOWN_DELAY":     "0s",
	"SHUTDOWN_TIMEOUT":   "15s",
	"LOG_LEVEL":          "INFO",
	"LOG_FORMAT":         "json",
}

// FromEnvironment loads the configuration of this process.
func FromEnvironment() (Config, error) {
	file := map[string]string{}
	if path := os.Getenv("CONFIG"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			return Config{}, fmt.Errorf("CONFIG: %w", err)
		}
		defer f.Close()
		if file, err = ParseFile(f); err != nil {
			return Config{}, fmt.Errorf("CONFIG %s: %w", path, err)
		}
	}
	return Load(os.LookupEnv, file)
}

// ParseFile reads KEY=VALUE lines; blank lines and lines starting with # are skipped.
func ParseFile(r io.Reader) (map[string]string, error) {
	values := map[string]string{}
	scanner := bufio.NewScanner(r)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			return nil, fmt.Errorf("line %d: expected KEY=VALUE", number)
		}
		key = strings.TrimSpace(key)
		if _, ok := known[key]; !ok {
			return nil, fmt.Errorf("line %d: unknown key %q", number, key)
		}
		values[key] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return values, scanner.Err()
}

// Load combines environment, file and defaults, in this order of precedence,
// and reports every bad value at once.
func Load(lookup func(string) (string, bool), file map[string]string) (Config, error) {
	var problems []error
	get := func(key string) string {
		if value, ok := lookup(key); ok && value != "" {
			return value
		}
		if value, ok := file[key]; ok {
			return value
		}
		return known[key]
	}
	duration := func(key string) time.Duration {
		value, err := time.ParseDuration(get(key))
		if err != nil || value < 0 {
			problems = append(problems, fmt.Errorf("%s: %q is no duration such as 30s", key, get(key)))
		}
		return value
	}
	integer := func(key string, low, high int) int {
		value, err := strconv.Atoi(get(key))
		if err != nil || value < low || value > high {
			problems = append(problems, fmt.Errorf("%s: %q is no number from %d to %d", key, get(key), low, high))
		}
		return value
	}

	c := Config{
		ListenHost:        get("LISTEN_HOST"),
		Port:              integer("PORT", 0, 65535),
		DatabaseURL:       get("DATABASE_URL"),
		RedisURL:          get("REDIS_URL"),
		DataDir:           get("DATA_DIR"),
		CacheTTL:          duration("CACHE_TTL"),
		CacheEntries:      integer("CACHE_ENTRIES", 1, 10_000_000),
		Retention:         duration("RETENTION"),
		RetentionInterval: duration("RETENTION_INTERVAL"),
		StartupTimeout:    duration("STARTUP_TIMEOUT"),
		ShutdownDelay:     duration("SHUTDOWN_DELAY"),
		ShutdownTimeout:   duration("SHUTDOWN_TIMEOUT"),
		LogFormat:         get("LOG_FORMAT"),
	}
	if err := c.LogLevel.UnmarshalText([]byte(get("LOG_LEVEL"))); err != nil {
		problems = append(problems, fmt.Errorf("LOG_LEVEL: %q is none of DEBUG, INFO, WARN, ERROR", get("LOG_LEVEL")))
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		problems = append(problems, fmt.Errorf("LOG_FORMAT: %q is neither json nor text", c.LogFormat))
	}
	if c.Retention > 0 && c.RetentionInterval == 0 {
		problems = append(problems, errors.New("RETENTION_INTERVAL: must be above 0 when RETENTION is set"))
	}
	return c, errors.Join(problems...)
}

// Logger writes structured records to w in the configured format.
func (c Config) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

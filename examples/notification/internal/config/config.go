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
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Config holds every setting of the service.
type Config struct {
	ListenHost      string
	Port            int
	DatastorageURL  string
	RoutingFile     string // empty: built-in rules
	DeliveryDir     string
	Workers         int
	QueueSize       int
	RateLimit       int // notifications per second
	RetryAttempts   int
	RetryInitial    time.Duration
	RetryMaximum    time.Duration
	WebhookTimeout  time.Duration
	WebhookSecret   string
	WebhookHosts    []string // empty: all
	SMTPAddress     string   // empty: no email channel
	SMTPFrom        string
	SMTPUsername    string
	SMTPPassword    string
	AdminToken      string
	ShutdownDelay   time.Duration
	ShutdownTimeout time.Duration
	LogLevel        slog.Level
	LogFormat       string
}

// Address is what the HTTP server listens on.
func (c Config) Address() string {
	return net.JoinHostPort(c.ListenHost, strconv.Itoa(c.Port))
}

// known lists the accepted keys with their defaults.
var known = map[string]string{
	"LISTEN_HOST":           "",
	"PORT":                  "8080",
	"DATASTORAGE_URL":       "",
	"ROUTING_FILE":          "",
	"DELIVERY_DIR":          "",
	"WORKERS":               "4",
	"QUEUE_SIZE":            "1000",
	"RATE_LIMIT":            "200",
	"RETRY_ATTEMPTS":        "4",
	"RETRY_INITIAL":         "100ms",
	"RETRY_MAXIMUM":         "5s",
	"WEBHOOK_TIMEOUT":       "5s",
	"WEBHOOK_SECRET":        "",
	"WEBHOOK_ALLOWED_HOSTS": "",
	"SMTP_ADDRESS":          "",
	"SMTP_FROM":             "notification@localhost",
	"SMTP_USERNAME":         "",
	"SMTP_PASSWORD":         "",
	"ADMIN_TOKEN":           "",
	"SHUTDOWN_DELAY":        "0s",
	"SHUTDOWN_TIMEOUT":      "10s",
	"LOG_LEVEL":             "INFO",
	"LOG_FORMAT":            "json",
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
		ListenHost:      get("LISTEN_HOST"),
		Port:            integer("PORT", 0, 65535),
		DatastorageURL:  get("DATASTORAGE_URL"),
		RoutingFile:     get("ROUTING_FILE"),
		DeliveryDir:     get("DELIVERY_DIR"),
		Workers:         integer("WORKERS", 1, 1000),
		QueueSize:       integer("QUEUE_SIZE", 1, 1_000_000),
		RateLimit:       integer("RATE_LIMIT", 1, 1_000_000),
		RetryAttempts:   integer("RETRY_ATTEMPTS", 1, 100),
		RetryInitial:    duration("RETRY_INITIAL"),
		RetryMaximum:    duration("RETRY_MAXIMUM"),
		WebhookTimeout:  duration("WEBHOOK_TIMEOUT"),
		WebhookSecret:   get("WEBHOOK_SECRET"),
		WebhookHosts:    list(get("WEBHOOK_ALLOWED_HOSTS")),
		SMTPAddress:     get("SMTP_ADDRESS"),
		SMTPFrom:        get("SMTP_FROM"),
		SMTPUsername:    get("SMTP_USERNAME"),
		SMTPPassword:    get("SMTP_PASSWORD"),
		AdminToken:      get("ADMIN_TOKEN"),
		ShutdownDelay:   duration("SHUTDOWN_DELAY"),
		ShutdownTimeout: duration("SHUTDOWN_TIMEOUT"),
		LogFormat:       get("LOG_FORMAT"),
	}
	if target, err := url.Parse(c.DatastorageURL); err != nil || target.Host == "" {
		problems = append(problems,
			fmt.Errorf("DATASTORAGE_URL: %q is no URL such as http://datastorage:8080", c.DatastorageURL))
	}
	if c.DeliveryDir == "" {
		// Of this user, since the directory may be shared.
		c.DeliveryDir = filepath.Join(os.TempDir(), fmt.Sprintf("notification-%d", os.Getuid()))
	}
	if err := c.LogLevel.UnmarshalText([]byte(get("LOG_LEVEL"))); err != nil {
		problems = append(problems, fmt.Errorf("LOG_LEVEL: %q is none of DEBUG, INFO, WARN, ERROR", get("LOG_LEVEL")))
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		problems = append(problems, fmt.Errorf("LOG_FORMAT: %q is neither json nor text", c.LogFormat))
	}
	return c, errors.Join(problems...)
}

// list splits at commas and drops what is empty.
func list(text string) []string {
	var items []string
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// Logger writes structured records to w in the configured format.
func (c Config) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

package config

import (
	"strings"
	"testing"
	"time"
)

func lookup(env map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) {
		value, ok := env[key]
		return value, ok
	}
}

func TestLoadPrecedence(t *testing.T) {
	file, err := ParseFile(strings.NewReader("# comment\n\nPORT=9000\nCACHE_TTL = \"5s\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(lookup(map[string]string{"PORT": "9001", "LISTEN_HOST": "127.0.0.1"}), file)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Address(); got != "127.0.0.1:9001" {
		t.Errorf("address = %s, the environment should win", got)
	}
	if c.CacheTTL != 5*time.Second {
		t.Errorf("cache TTL = %s, want the file's", c.CacheTTL)
	}
	if c.ShutdownTimeout != 15*time.Second {
		t.Errorf("shutdown timeout = %s, want the default", c.ShutdownTimeout)
	}
}

func TestLoadReportsEveryProblem(t *testing.T) {
	_, err := Load(lookup(map[string]string{
		"PORT": "http", "CACHE_TTL": "soon", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
		"RETENTION": "1h", "RETENTION_INTERVAL": "0s",
	}), nil)
	if err == nil {
		t.Fatal("want an error")
	}
	for _, key := range []string{"PORT", "CACHE_TTL", "LOG_LEVEL", "LOG_FORMAT", "RETENTION_INTERVAL"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%q does not mention %s", err, key)
		}
	}
}

func TestParseFileErrors(t *testing.T) {
	for _, text := range []string{"PORT", "PROT=8080"} {
		if _, err := ParseFile(strings.NewReader(text)); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

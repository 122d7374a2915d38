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

func TestLoad(t *testing.T) {
	file, err := ParseFile(strings.NewReader("DATASTORAGE_URL=http://datastorage:8080\nWEBHOOK_ALLOWED_HOSTS=a, b,\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(lookup(map[string]string{"RETRY_INITIAL": "1s", "DELIVERY_DIR": "/var/lib/notification"}), file)
	if err != nil {
		t.Fatal(err)
	}
	if c.RetryInitial != time.Second || c.DeliveryDir != "/var/lib/notification" || strings.Join(c.WebhookHosts, "+") != "a+b" {
		t.Errorf("config = %+v", c)
	}
}

func TestLoadReportsEveryProblem(t *testing.T) {
	_, err := Load(lookup(map[string]string{"WORKERS": "0", "RETRY_MAXIMUM": "-1s", "LOG_FORMAT": "xml"}), nil)
	if err == nil {
		t.Fatal("want an error")
	}
	for _, key := range []string{"DATASTORAGE_URL", "WORKERS", "RETRY_MAXIMUM", "LOG_FORMAT"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%q does not mention %s", err, key)
		}
	}
}

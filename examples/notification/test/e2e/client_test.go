// Package e2e tests a running notification service through its HTTP interface
// alone. SERVICE_URL says where it is; E2E_CALLBACK_HOST is the name or address
// by which the service reaches this machine (127.0.0.1 where it is not set).
package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

var (
	serviceURL = strings.TrimRight(os.Getenv("SERVICE_URL"), "/")
	client     = &http.Client{Timeout: 10 * time.Second}
	// Marks what this run sends, so that it does not meet other data.
	runID = fmt.Sprintf("e2e-%d-%d", os.Getpid(), time.Now().UnixNano())
)

func TestMain(m *testing.M) {
	if serviceURL == "" {
		fmt.Fprintln(os.Stderr, "SERVICE_URL is not set: it must be the URL of a running notification, such as http://127.0.0.1:8080")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

type notification struct {
	ID         string            `json:"id,omitempty"`
	Source     string            `json:"source,omitempty"`
	Subject    string            `json:"subject,omitempty"`
	Body       string            `json:"body,omitempty"`
	Priority   string            `json:"priority,omitempty"`
	Recipient  string            `json:"recipient,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	Channels   []string          `json:"channels,omitempty"`
	WebhookURL string            `json:"webhook_url,omitempty"`
}

type accepted struct {
	ID       string   `json:"id"`
	Channels []string `json:"channels"`
	Rules    []string `json:"rules"`
}

type status struct {
	Status     string `json:"status"`
	Deliveries []struct {
		Channel  string `json:"channel"`
		Status   string `json:"status"`
		Target   string `json:"target"`
		Attempts int    `json:"attempts"`
		Error    string `json:"error"`
		Body     string `json:"body"`
	} `json:"deliveries"`
}

// call sends a request, demands a status and decodes the answer into answer
// (unless nil).
func call(t *testing.T, method, path string, body any, want int, answer any) {
	t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, serviceURL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	response, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != want {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, response.StatusCode, want, data)
	}
	if answer != nil {
		if err := json.Unmarshal(data, answer); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, data)
		}
	}
}

func send(t *testing.T, n notification) accepted {
	t.Helper()
	var a accepted
	call(t, http.MethodPost, "/v1/notifications", n, http.StatusAccepted, &a)
	return a
}

// settled waits until no delivery of the notification is pending.
func settled(t *testing.T, id string) status {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		var s status
		call(t, http.MethodGet, "/v1/notifications/"+id, nil, http.StatusOK, &s)
		if s.Status != "pending" {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("notification %s is still pending: %+v", id, s)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

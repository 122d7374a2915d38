// Package e2e tests a running datastorage service through its HTTP interface
// alone. SERVICE_URL says where it is; it may hold data already.
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
	// Marks what this run creates, so that it does not meet other data.
	runID = fmt.Sprintf("e2e-%d-%d", os.Getpid(), time.Now().UnixNano())
)

func TestMain(m *testing.M) {
	if serviceURL == "" {
		fmt.Fprintln(os.Stderr, "SERVICE_URL is not set: it must be the URL of a running datastorage, such as http://127.0.0.1:8080")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

type record struct {
	ID             string            `json:"id,omitempty"`
	NotificationID string            `json:"notification_id,omitempty"`
	Channel        string            `json:"channel,omitempty"`
	Target         string            `json:"target,omitempty"`
	Priority       string            `json:"priority,omitempty"`
	Subject        string            `json:"subject,omitempty"`
	Body           string            `json:"body,omitempty"`
	Status         string            `json:"status,omitempty"`
	Attempts       int               `json:"attempts,omitempty"`
	Error          string            `json:"error,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
	CreatedAt      *time.Time        `json:"created_at,omitempty"`
	UpdatedAt      *time.Time        `json:"updated_at,omitempty"`
}

type page struct {
	Records []record `json:"records"`
	Next    string   `json:"next"`
}

type stats struct {
	Total     int            `json:"total"`
	ByStatus  map[string]int `json:"by_status"`
	ByChannel map[string]int `json:"by_channel"`
}

// call sends a request, demands a status, decodes the answer into answer
// (unless nil) and returns the answer's header.
func call(t *testing.T, method, path string, body any, status int, answer any) http.Header {
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
	if response.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, response.StatusCode, status, data)
	}
	if answer != nil {
		if err := json.Unmarshal(data, answer); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, data)
		}
	}
	return response.Header
}

// create stores a record that is deleted after the test.
func create(t *testing.T, r record) record {
	t.Helper()
	var created record
	call(t, http.MethodPost, "/v1/records", r, http.StatusCreated, &created)
	t.Cleanup(func() {
		req, err := http.NewRequest(http.MethodDelete, serviceURL+"/v1/records/"+created.ID, nil)
		if err != nil {
			t.Error(err)
			return
		}
		response, err := client.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		response.Body.Close()
	})
	return created
}

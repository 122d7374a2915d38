package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRecordLifecycle(t *testing.T) {
	created := create(t, record{
		NotificationID: runID, Channel: "file", Subject: "disk almost full", Body: "97 %",
		Priority: "high", Labels: map[string]string{"team": "storage"},
	})
	if created.ID == "" || created.Status != "pending" || created.CreatedAt == nil {
		t.Fatalf("created record is incomplete: %+v", created)
	}
	path := "/v1/records/" + created.ID

	var read record
	if got := call(t, http.MethodGet, path, nil, http.StatusOK, &read).Get("X-Cache"); got != "miss" {
		t.Errorf("first read: X-Cache = %q", got)
	}
	if read.Subject != "disk almost full" || read.Labels["team"] != "storage" || !read.CreatedAt.Equal(*created.CreatedAt) {
		t.Errorf("read %+v, created %+v", read, created)
	}
	if got := call(t, http.MethodGet, path, nil, http.StatusOK, &read).Get("X-Cache"); got != "hit" {
		t.Errorf("second read: X-Cache = %q", got)
	}

	var updated record
	call(t, http.MethodPatch, path, map[string]any{"status": "delivered", "attempts": 2, "target": "/out/1.json"},
		http.StatusOK, &updated)
	if updated.Status != "delivered" || updated.Attempts != 2 || !updated.UpdatedAt.After(*created.CreatedAt) {
		t.Errorf("updated record: %+v", updated)
	}
	call(t, http.MethodGet, path, nil, http.StatusOK, &read)
	if read.Status != "delivered" || read.Target != "/out/1.json" {
		t.Errorf("the cache kept the old record: %+v", read)
	}
	call(t, http.MethodPatch, path, map[string]any{"status": "failed"}, http.StatusConflict, nil)

	call(t, http.MethodDelete, path, nil, http.StatusNoContent, nil)
	call(t, http.MethodGet, path, nil, http.StatusNotFound, nil)
	call(t, http.MethodDelete, path, nil, http.StatusNotFound, nil)
	call(t, http.MethodPatch, path, map[string]any{"attempts": 3}, http.StatusNotFound, nil)
}

func TestCreateWithOwnIDOnlyOnce(t *testing.T) {
	r := record{ID: runID + "-once", NotificationID: runID, Channel: "console", Subject: "once"}
	if created := create(t, r); created.ID != r.ID {
		t.Errorf("id = %q, want the client's", created.ID)
	}
	call(t, http.MethodPost, "/v1/records", r, http.StatusConflict, nil)
}

func TestBadRecordsAreRefused(t *testing.T) {
	valid := record{NotificationID: runID, Channel: "file", Subject: "s"}
	cases := []struct {
		name   string
		body   any
		status int
		word   string
	}{
		{"no JSON", "{", http.StatusBadRequest, "EOF"},
		{"unknown field", `{"colour": "red"}`, http.StatusBadRequest, "colour"},
		{"nothing given", `{}`, http.StatusUnprocessableEntity, "channel is required"},
		{"unknown priority", with(valid, func(r *record) { r.Priority = "urgent" }), http.StatusUnprocessableEntity, "urgent"},
		{"unknown status", with(valid, func(r *record) { r.Status = "lost" }), http.StatusUnprocessableEntity, "lost"},
		{"long subject", with(valid, func(r *record) { r.Subject = strings.Repeat("x", 300) }),
			http.StatusUnprocessableEntity, "subject is longer"},
		{"huge body", with(valid, func(r *record) { r.Body = strings.Repeat("x", 300<<10) }),
			http.StatusRequestEntityTooLarge, "too large"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var answer struct {
				Error     string `json:"error"`
				RequestID string `json:"request_id"`
			}
			call(t, http.MethodPost, "/v1/records", c.body, c.status, &answer)
			if !strings.Contains(answer.Error, c.word) || answer.RequestID == "" {
				t.Errorf("answer = %+v, want %q in it", answer, c.word)
			}
		})
	}
}

func with(r record, change func(*record)) record {
	change(&r)
	return r
}

func TestListFiltersAndPages(t *testing.T) {
	const count = 5
	start := time.Now().Add(-time.Minute).UTC()
	for i := range count {
		r := record{NotificationID: runID + "-list", Channel: "webhook", Subject: "Build 100%_done", Priority: "low"}
		if i == 0 {
			r.Channel, r.Priority, r.Subject = "file", "critical", "Build failed"
		}
		create(t, r)
	}
	list := func(parameters ...string) page {
		t.Helper()
		query := url.Values{"notification_id": {runID + "-list"}}
		for i := 0; i < len(parameters); i += 2 {
			query.Set(parameters[i], parameters[i+1])
		}
		var p page
		call(t, http.MethodGet, "/v1/records?"+query.Encode(), nil, http.StatusOK, &p)
		return p
	}

	cases := []struct {
		name       string
		parameters []string
		want       int
	}{
		{"all", nil, count},
		{"channel", []string{"channel", "webhook"}, count - 1},
		{"priority", []string{"priority", "critical"}, 1},
		{"status", []string{"status", "failed"}, 0},
		{"subject in any case", []string{"subject", "BUILD"}, count},
		{"subject with wildcards", []string{"subject", "0%_d"}, count - 1},
		{"subject where a wildcard would match", []string{"subject", "Build%d"}, 0},
		{"since", []string{"since", start.Format(time.RFC3339Nano)}, count},
		{"until", []string{"until", start.Format(time.RFC3339Nano)}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := len(list(c.parameters...).Records); got != c.want {
				t.Errorf("%d records, want %d", got, c.want)
			}
		})
	}

	seen := map[string]bool{}
	cursor, pages := "", 0
	for {
		p := list("limit", "2", "cursor", cursor)
		pages++
		for _, r := range p.Records {
			seen[r.ID] = true
		}
		if cursor = p.Next; cursor == "" || pages > count {
			break
		}
	}
	if len(seen) != count || pages != 3 {
		t.Errorf("%d records on %d pages, want %d on 3", len(seen), pages, count)
	}
}

func TestBadListParameters(t *testing.T) {
	for _, query := range []string{
		"limit=0", "limit=ten", "limit=501", "status=lost", "priority=urgent", "since=yesterday", "cursor=%21", "colour=red",
	} {
		call(t, http.MethodGet, "/v1/records?"+query, nil, http.StatusBadRequest, nil)
	}
}

package delivery

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/notification/internal/message"
)

func job() Job {
	return Job{Notification: message.Notification{ID: "team/1", Source: "test", Subject: "Gr\u00fc\u00dfe", Body: "text",
		Priority: message.High, Recipient: "Ops <ops@example.com>", CreatedAt: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)}}
}

func TestFileStaysInItsDirectory(t *testing.T) {
	dir := t.TempDir()
	target, err := NewFile(dir).Deliver(context.Background(), job())
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "2026-05-06", "team_1.json"); target != want {
		t.Errorf("target = %s, want %s", target, want)
	}
	entries, err := os.ReadDir(filepath.Dir(target))
	if err != nil || len(entries) != 1 {
		t.Errorf("directory holds %v, %v; want the one file", entries, err)
	}
}

func TestWebhookSignsAndJudges(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if req.Header.Get(SignatureHeader) != Sign([]byte("key"), body) {
			t.Error("wrong signature")
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
	}))
	defer server.Close()
	j := job()
	j.WebhookURL = server.URL
	w := NewWebhook(time.Second, "key")

	for code, isPermanent := range map[int]bool{500: false, 404: true, 302: true, 429: false} {
		status = code
		if _, err := w.Deliver(context.Background(), j); err == nil || IsPermanent(err) != isPermanent {
			t.Errorf("%d: err = %v, permanent = %t", code, err, IsPermanent(err))
		}
	}
	status = http.StatusServiceUnavailable
	_, err := w.Deliver(context.Background(), j)
	var asked *RetryAfterError
	if !errors.As(err, &asked) || asked.Delay != 7*time.Second {
		t.Errorf("503: %v", err)
	}
	status = http.StatusNoContent
	if _, err := w.Deliver(context.Background(), j); err != nil {
		t.Errorf("204: %v", err)
	}
}

func TestEmailCompose(t *testing.T) {
	e := NewEmail("127.0.0.1:25", "notification@example.com", "", "", time.Second)
	content, err := e.compose(job(), &mail.Address{Name: "Ops", Address: "ops@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := mail.ReadMessage(strings.NewReader(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed.Header.Get("Subject"); got != "=?utf-8?q?Gr=C3=BC=C3=9Fe?=" {
		t.Errorf("subject = %s", got)
	}
	if got := parsed.Header.Get("To"); got != `"Ops" <ops@example.com>` {
		t.Errorf("to = %s", got)
	}
}

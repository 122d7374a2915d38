package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHealthAndReadiness(t *testing.T) {
	call(t, http.MethodGet, "/healthz", nil, http.StatusOK, nil)
	call(t, http.MethodGet, "/readyz", nil, http.StatusOK, nil)
}

func TestConsoleDeliveryIsRecorded(t *testing.T) {
	a := send(t, notification{Source: runID, Subject: "nightly build", Body: "passed", Channels: []string{"console"},
		Labels: map[string]string{"branch": "main"}})
	s := settled(t, a.ID)
	if s.Status != "delivered" || len(s.Deliveries) != 1 || s.Deliveries[0].Target != "stdout" || s.Deliveries[0].Attempts != 1 {
		t.Errorf("status = %+v", s)
	}
}

func TestUrgentNotificationGoesToConsoleAndFile(t *testing.T) {
	a := send(t, notification{Source: runID, Subject: "disk full", Priority: "critical"})
	if strings.Join(a.Channels, " ") != "console file" {
		t.Fatalf("channels = %v", a.Channels)
	}
	s := settled(t, a.ID)
	if s.Status != "delivered" || len(s.Deliveries) != 2 {
		t.Fatalf("status = %+v", s)
	}
	for _, d := range s.Deliveries {
		if d.Channel == "file" && !strings.HasSuffix(d.Target, "/"+a.ID+".json") {
			t.Errorf("file was written to %s", d.Target)
		}
	}
}

func TestSecretsAreRedacted(t *testing.T) {
	a := send(t, notification{Source: runID, Subject: "login failed", Body: "user=app password=hunter2"})
	s := settled(t, a.ID)
	if got := s.Deliveries[0].Body; got != "user=app password=[REDACTED]" {
		t.Errorf("body = %q", got)
	}
}

func TestRoutingRules(t *testing.T) {
	cases := []struct {
		name     string
		n        notification
		channels string
	}{
		{"fallback", notification{Source: "shop", Subject: "s", Priority: "low"}, "console"},
		{"priority", notification{Source: "shop", Subject: "s", Priority: "high"}, "console file"},
		{"source", notification{Source: "audit/login", Subject: "s"}, "file"},
		{"label", notification{Source: "shop", Subject: "s", Labels: map[string]string{"notify": "webhook"},
			WebhookURL: "http://127.0.0.1/"}, "webhook"},
		{"explicit", notification{Source: "shop", Subject: "s", Priority: "critical", Channels: []string{"file"}}, "file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var a accepted
			call(t, http.MethodPost, "/v1/route", c.n, http.StatusOK, &a)
			if got := strings.Join(a.Channels, " "); got != c.channels {
				t.Errorf("channels = %s by %v, want %s", got, a.Rules, c.channels)
			}
		})
	}
}

func TestSameIDIsAcceptedOnce(t *testing.T) {
	// Of this very moment: one run may repeat its tests (-count).
	n := notification{ID: fmt.Sprintf("%s-%d", runID, time.Now().UnixNano()), Source: "e2e", Subject: "once"}
	send(t, n)
	settled(t, n.ID)
	call(t, http.MethodPost, "/v1/notifications", n, http.StatusConflict, nil)
}

func TestUnknownNotification(t *testing.T) {
	call(t, http.MethodGet, "/v1/notifications/"+runID+"-unknown", nil, http.StatusNotFound, nil)
}

func TestBadNotificationsAreRefused(t *testing.T) {
	cases := []struct {
		name   string
		body   any
		status int
		word   string
	}{
		{"no JSON", "{", http.StatusBadRequest, "EOF"},
		{"unknown field", `{"colour": "red"}`, http.StatusBadRequest, "colour"},
		{"too large", notification{Source: "e2e", Subject: "s", Body: strings.Repeat("x", 200<<10)},
			http.StatusRequestEntityTooLarge, "too large"},
		{"no subject", notification{Source: "e2e"}, http.StatusUnprocessableEntity, "subject: is required"},
		{"two lines", notification{Source: "e2e", Subject: "a\nb"}, http.StatusUnprocessableEntity, "single line"},
		{"no source", notification{Subject: "s"}, http.StatusUnprocessableEntity, "source"},
		{"priority", notification{Source: "e2e", Subject: "s", Priority: "urgent"}, http.StatusUnprocessableEntity, "urgent"},
		{"channel", notification{Source: "e2e", Subject: "s", Channels: []string{"pigeon"}},
			http.StatusUnprocessableEntity, "pigeon"},
		{"webhook without URL", notification{Source: "e2e", Subject: "s", Channels: []string{"webhook"}},
			http.StatusUnprocessableEntity, "webhook_url: is required"},
		{"webhook to a file", notification{Source: "e2e", Subject: "s", WebhookURL: "file:///etc/passwd"},
			http.StatusUnprocessableEntity, "absolute URL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var answer struct {
				Error string `json:"error"`
			}
			call(t, http.MethodPost, "/v1/notifications", c.body, c.status, &answer)
			if !strings.Contains(answer.Error, c.word) {
				t.Errorf("error = %q, want %q in it", answer.Error, c.word)
			}
		})
	}
}

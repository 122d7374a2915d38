package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
)

// receiver answers webhooks with the given statuses in turn, the last one for
// ever, and keeps what it was sent.
type receiver struct {
	url      string
	mu       sync.Mutex
	statuses []int
	received []notification
}

func newReceiver(t *testing.T, statuses ...int) *receiver {
	t.Helper()
	host := os.Getenv("E2E_CALLBACK_HOST")
	if host == "" {
		host = "127.0.0.1"
	}
	// On all addresses: the service may run in a container or a cluster.
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	r := &receiver{statuses: statuses, url: fmt.Sprintf("http://%s/hook", net.JoinHostPort(host, fmt.Sprint(port)))}
	server := &http.Server{Handler: r}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var n notification
	err := json.NewDecoder(req.Body).Decode(&n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		n.Subject = "unreadable: " + err.Error()
	}
	r.received = append(r.received, n)
	w.WriteHeader(r.statuses[min(len(r.received), len(r.statuses))-1])
}

func (r *receiver) all() []notification {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]notification(nil), r.received...)
}

func TestWebhookIsDelivered(t *testing.T) {
	hook := newReceiver(t, http.StatusNoContent)
	a := send(t, notification{Source: runID, Subject: "deployed", Labels: map[string]string{"notify": "webhook"}, WebhookURL: hook.url})
	if s := settled(t, a.ID); s.Status != "delivered" || s.Deliveries[0].Target != hook.url {
		t.Errorf("status = %+v", s)
	}
	if got := hook.all(); len(got) != 1 || got[0].Subject != "deployed" || got[0].ID != a.ID {
		t.Errorf("received %+v", got)
	}
}

func TestWebhookIsTriedAgain(t *testing.T) {
	hook := newReceiver(t, http.StatusInternalServerError, http.StatusBadGateway, http.StatusOK)
	a := send(t, notification{Source: runID, Subject: "flaky", Channels: []string{"webhook"}, WebhookURL: hook.url})
	if s := settled(t, a.ID); s.Status != "delivered" || s.Deliveries[0].Attempts != 3 {
		t.Errorf("status = %+v", s)
	}
	if got := len(hook.all()); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

func TestWebhookThatRefusesFailsOneChannelOnly(t *testing.T) {
	hook := newReceiver(t, http.StatusForbidden)
	a := send(t, notification{Source: runID, Subject: "refused", Channels: []string{"console", "webhook"}, WebhookURL: hook.url})
	s := settled(t, a.ID)
	if s.Status != "partial" {
		t.Errorf("status = %+v", s)
	}
	if got := len(hook.all()); got != 1 {
		t.Errorf("%d requests, want 1: a refusal is final", got)
	}
}

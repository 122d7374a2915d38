// Package api is the service's HTTP interface.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"example.com/notification/internal/deadletter"
	"example.com/notification/internal/delivery"
	"example.com/notification/internal/dispatch"
	"example.com/notification/internal/message"
	"example.com/notification/internal/record"
	"example.com/notification/internal/redact"
	"example.com/notification/internal/routing"
	"example.com/notification/internal/validate"
)

const maxRequestBytes = 128 << 10

// Records is what the API needs of datastorage.
type Records interface {
	Create(ctx context.Context, r record.Record) error
	Finish(ctx context.Context, id string, o record.Outcome) error
	Deliveries(ctx context.Context, notificationID string) ([]record.Record, error)
	Ready(ctx context.Context) error
}

// API answers HTTP requests.
type API struct {
	Validator  *validate.Validator
	Routes     *routing.Table
	Records    Records
	Dispatcher *dispatch.Dispatcher
	Letters    *deadletter.Box
	Limiter    *rate.Limiter
	AdminToken string // empty: no admin interface
	Log        *slog.Logger

	draining atomic.Bool
}

// Drain makes the service unready.
func (a *API) Drain() { a.draining.Store(true) }

// Handler returns all routes.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/notifications", a.accept)
	mux.HandleFunc("GET /v1/notifications/{id...}", a.status)
	mux.HandleFunc("POST /v1/route", a.explain)
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	if a.AdminToken != "" {
		a.addAdmin(mux)
	}
	return a.logged(mux)
}

// Accepted is the answer to a notification that will be delivered.
type Accepted struct {
	ID       string   `json:"id"`
	Channels []string `json:"channels"`
	Rules    []string `json:"rules"`
}

func (a *API) accept(w http.ResponseWriter, req *http.Request) {
	if !a.Limiter.Allow() {
		w.Header().Set("Retry-After", "1")
		a.fail(w, http.StatusTooManyRequests, errors.New("too many notifications"))
		return
	}
	n, ok := a.read(w, req)
	if !ok {
		return
	}
	decision := a.Routes.Route(&n)
	places := len(decision.Channels)
	if err := a.Dispatcher.Reserve(places); err != nil {
		w.Header().Set("Retry-After", "1")
		a.fail(w, http.StatusServiceUnavailable, err)
		return
	}
	jobs, err := a.record(req.Context(), n, decision)
	if err != nil {
		a.Dispatcher.Release(places)
		a.failRecord(w, err)
		return
	}
	for _, job := range jobs {
		a.Dispatcher.Submit(job)
	}
	w.Header().Set("Location", "/v1/notifications/"+n.ID)
	a.reply(w, http.StatusAccepted, Accepted{ID: n.ID, Channels: decision.Channels, Rules: decision.Rules})
}

// record stores one pending record for each channel. If one cannot be stored,
// those before it are marked as failed: none of them will be delivered.
func (a *API) record(ctx context.Context, n message.Notification, d routing.Decision) ([]delivery.Job, error) {
	var jobs []delivery.Job
	for _, channel := range d.Channels {
		job := delivery.Job{Notification: n, Channel: channel, WebhookURL: d.WebhookURL, RecordID: n.ID + ":" + channel}
		err := a.Records.Create(ctx, record.Record{
			ID: job.RecordID, NotificationID: n.ID, Channel: channel, Priority: string(n.Priority),
			Subject: n.Subject, Body: n.Body, Status: record.Pending, Labels: n.Labels,
		})
		if err != nil {
			for _, earlier := range jobs {
				outcome := record.Outcome{Status: record.Failed, Error: "not accepted: " + err.Error()}
				if err := a.Records.Finish(ctx, earlier.RecordID, outcome); err != nil {
					a.Log.Error("record left pending", "record", earlier.RecordID, "error", err)
				}
			}
			return nil, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// explain answers what accept would do, and does nothing.
func (a *API) explain(w http.ResponseWriter, req *http.Request) {
	if n, ok := a.read(w, req); ok {
		d := a.Routes.Route(&n)
		a.reply(w, http.StatusOK, Accepted{ID: n.ID, Channels: d.Channels, Rules: d.Rules})
	}
}

// read decodes, completes, checks and redacts a notification.
func (a *API) read(w http.ResponseWriter, req *http.Request) (message.Notification, bool) {
	var n message.Notification
	decoder := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxRequestBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&n); err != nil {
		status := http.StatusBadRequest
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		a.fail(w, status, err)
		return n, false
	}
	n.SetDefaults(uuid.NewString(), time.Now())
	if problems := a.Validator.Check(&n); problems != nil {
		a.reply(w, http.StatusUnprocessableEntity, map[string]any{"error": problems.Error(), "problems": problems})
		return n, false
	}
	n.Subject, n.Body = redact.Text(n.Subject), redact.Text(n.Body)
	return n, true
}

// Status is what has become of a notification.
type Status struct {
	ID         string          `json:"id"`
	Status     string          `json:"status"` // pending, delivered, partial or failed
	Deliveries []record.Record `json:"deliveries"`
}

func (a *API) status(w http.ResponseWriter, req *http.Request) {
	id := req.PathValue("id")
	deliveries, err := a.Records.Deliveries(req.Context(), id)
	if err != nil {
		a.failRecord(w, err)
		return
	}
	a.reply(w, http.StatusOK, Status{ID: id, Status: Summary(deliveries), Deliveries: deliveries})
}

// Summary is the state of a notification, given those of its deliveries.
func Summary(deliveries []record.Record) string {
	count := map[string]int{}
	for _, d := range deliveries {
		count[d.Status]++
	}
	switch {
	case count[record.Pending] > 0:
		return record.Pending
	case count[record.Failed] == 0:
		return record.Delivered
	case count[record.Delivered] == 0:
		return record.Failed
	default:
		return "partial"
	}
}

func (a *API) healthz(w http.ResponseWriter, _ *http.Request) {
	a.reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz is ready while datastorage is, since nothing is accepted without it.
func (a *API) readyz(w http.ResponseWriter, req *http.Request) {
	if a.draining.Load() {
		a.fail(w, http.StatusServiceUnavailable, dispatch.ErrClosed)
		return
	}
	ctx, cancel := context.WithTimeout(req.Context(), 2*time.Second)
	defer cancel()
	if err := a.Records.Ready(ctx); err != nil {
		a.fail(w, http.StatusServiceUnavailable, err)
		return
	}
	a.reply(w, http.StatusOK, map[string]any{"status": "ready", "waiting": a.Dispatcher.Waiting()})
}

func (a *API) reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.Log.Warn("response not written", "error", err)
	}
}

func (a *API) fail(w http.ResponseWriter, status int, err error) {
	a.reply(w, status, map[string]string{"error": err.Error()})
}

// failRecord maps an error of datastorage to a status.
func (a *API) failRecord(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, record.ErrExists):
		a.fail(w, http.StatusConflict, errors.New("a notification of this id was accepted before"))
	case errors.Is(err, record.ErrNotFound):
		a.fail(w, http.StatusNotFound, errors.New("no such notification"))
	case errors.Is(err, record.ErrUnavailable):
		a.Log.Error("datastorage failed", "error", err)
		w.Header().Set("Retry-After", "5")
		a.fail(w, http.StatusServiceUnavailable, record.ErrUnavailable)
	default:
		a.Log.Error("request failed", "error", err)
		a.fail(w, http.StatusInternalServerError, errors.New("internal error"))
	}
}

// Package httpapi is the service's HTTP interface.
package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"example.com/datastorage/internal/cache"
	"example.com/datastorage/internal/readiness"
	"example.com/datastorage/internal/record"
	"example.com/datastorage/internal/retention"
	"example.com/datastorage/internal/store"
)

const maxRequestBytes = 256 << 10

// Store is what the API needs of a database.
type Store interface {
	Create(ctx context.Context, r record.Record) error
	Get(ctx context.Context, id string) (record.Record, error)
	Update(ctx context.Context, id string, change record.Change, now time.Time) (record.Record, error)
	List(ctx context.Context, f store.Filter) (store.Page, error)
	Stats(ctx context.Context) (store.Stats, error)
	Delete(ctx context.Context, id string) error
	retention.Purger
}

// API answers HTTP requests.
type API struct {
	store     Store
	cache     cache.Cache
	ttl       time.Duration
	readiness *readiness.Readiness
	retention *retention.Policy
	log       *slog.Logger
}

// New makes an API; its own retention policy forgets cached records.
func New(s Store, c cache.Cache, ttl time.Duration, ready *readiness.Readiness, log *slog.Logger) *API {
	a := &API{store: s, cache: c, ttl: ttl, readiness: ready, log: log}
	a.retention = &retention.Policy{Purger: s, Log: log, Forget: func(ctx context.Context, ids []string) {
		a.forget(ctx, ids...)
	}}
	return a
}

// Retention is the policy to run in the background.
func (a *API) Retention() *retention.Policy { return a.retention }

// Handler returns all routes with logging, recovery and the readiness gate.
func (a *API) Handler() http.Handler {
	v1 := http.NewServeMux()
	v1.HandleFunc("POST /v1/records", a.create)
	v1.HandleFunc("GET /v1/records", a.list)
	v1.HandleFunc("GET /v1/records/{id}", a.get)
	v1.HandleFunc("PATCH /v1/records/{id}", a.update)
	v1.HandleFunc("DELETE /v1/records/{id}", a.delete)
	v1.HandleFunc("GET /v1/stats", a.stats)
	v1.HandleFunc("POST /v1/purge", a.purge)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("/v1/", a.whenServing(v1))
	return a.logged(a.recovered(mux))
}

func (a *API) create(w http.ResponseWriter, req *http.Request) {
	var r record.Record
	if !a.decode(w, req, &r) {
		return
	}
	r.SetDefaults()
	if err := r.Validate(); err != nil {
		a.fail(w, req, http.StatusUnprocessableEntity, err)
		return
	}
	if r.ID == "" {
		r.ID = uuid.NewString()
	}
	// Databases keep microseconds: what is answered is what will be read.
	r.CreatedAt = time.Now().UTC().Truncate(time.Microsecond)
	r.UpdatedAt = r.CreatedAt
	if err := a.store.Create(req.Context(), r); err != nil {
		a.failStore(w, req, err)
		return
	}
	a.forget(req.Context())
	w.Header().Set("Location", "/v1/records/"+r.ID)
	a.reply(w, http.StatusCreated, r)
}

func (a *API) get(w http.ResponseWriter, req *http.Request) {
	id := req.PathValue("id")
	var r record.Record
	a.cached(w, req, recordKey(id), &r, func(ctx context.Context) (err error) {
		r, err = a.store.Get(ctx, id)
		return err
	})
}

func (a *API) update(w http.ResponseWriter, req *http.Request) {
	var change record.Change
	if !a.decode(w, req, &change) {
		return
	}
	if err := change.Validate(); err != nil {
		a.fail(w, req, http.StatusUnprocessableEntity, err)
		return
	}
	id := req.PathValue("id")
	r, err := a.store.Update(req.Context(), id, change, time.Now().UTC().Truncate(time.Microsecond))
	if err != nil {
		a.failStore(w, req, err)
		return
	}
	a.forget(req.Context(), id)
	a.reply(w, http.StatusOK, r)
}

func (a *API) delete(w http.ResponseWriter, req *http.Request) {
	id := req.PathValue("id")
	if err := a.store.Delete(req.Context(), id); err != nil {
		a.failStore(w, req, err)
		return
	}
	a.forget(req.Context(), id)
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) list(w http.ResponseWriter, req *http.Request) {
	filter, err := filterOf(req.URL.Query())
	if err != nil {
		a.fail(w, req, http.StatusBadRequest, err)
		return
	}
	page, err := a.store.List(req.Context(), filter)
	if err != nil {
		a.failStore(w, req, err)
		return
	}
	a.reply(w, http.StatusOK, page)
}

func (a *API) stats(w http.ResponseWriter, req *http.Request) {
	var stats store.Stats
	a.cached(w, req, statsKey, &stats, func(ctx context.Context) (err error) {
		stats, err = a.store.Stats(ctx)
		return err
	})
}

func (a *API) purge(w http.ResponseWriter, req *http.Request) {
	var body struct {
		OlderThan string `json:"older_than"`
	}
	if !a.decode(w, req, &body) {
		return
	}
	age, err := time.ParseDuration(body.OlderThan)
	if err != nil || age < time.Minute {
		a.fail(w, req, http.StatusUnprocessableEntity, errors.New("older_than must be a duration of at least 1m, such as 720h"))
		return
	}
	deleted, err := a.retention.Purge(req.Context(), time.Now().Add(-age))
	if err != nil {
		a.failStore(w, req, err)
		return
	}
	a.reply(w, http.StatusOK, map[string]int{"deleted": deleted})
}

func (a *API) healthz(w http.ResponseWriter, _ *http.Request) {
	a.reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (a *API) readyz(w http.ResponseWriter, req *http.Request) {
	report := a.readiness.Report(req.Context())
	status := http.StatusOK
	if !report.Ready {
		status = http.StatusServiceUnavailable
	}
	a.reply(w, status, report)
}

// decode reads a JSON body into target, or answers with the reason it cannot.
func (a *API) decode(w http.ResponseWriter, req *http.Request, target any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxRequestBytes))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(target)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &tooLarge):
		a.fail(w, req, http.StatusRequestEntityTooLarge, err)
	default:
		a.fail(w, req, http.StatusBadRequest, err)
	}
	return false
}

func (a *API) reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.log.Warn("response not written", "error", err)
	}
}

// failStore maps an error of the store to a status.
func (a *API) failStore(w http.ResponseWriter, req *http.Request, err error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		a.fail(w, req, http.StatusNotFound, err)
	case errors.Is(err, store.ErrExists), errors.Is(err, record.ErrTransition):
		a.fail(w, req, http.StatusConflict, err)
	case errors.Is(err, store.ErrCursor):
		a.fail(w, req, http.StatusBadRequest, err)
	default:
		a.log.Error("request failed", "method", req.Method, "path", req.URL.Path, "error", err)
		a.fail(w, req, http.StatusInternalServerError, errors.New("internal error"))
	}
}

func (a *API) fail(w http.ResponseWriter, req *http.Request, status int, err error) {
	a.reply(w, status, map[string]string{"error": err.Error(), "request_id": requestID(req.Context())})
}

package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"example.com/datastorage/internal/readiness"
)

type contextKey struct{}

const requestIDHeader = "X-Request-Id"

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}

// statusRecorder remembers the status for the log.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(data []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(data)
}

// logged gives each request an id and writes one line about it.
func (a *API) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		start := time.Now()
		id := req.Header.Get(requestIDHeader)
		if id == "" || len(id) > 64 {
			id = uuid.NewString()
		}
		w.Header().Set(requestIDHeader, id)
		recorder := &statusRecorder{ResponseWriter: w}
		next.ServeHTTP(recorder, req.WithContext(context.WithValue(req.Context(), contextKey{}, id)))
		level := slog.LevelInfo
		if req.URL.Path == "/healthz" || req.URL.Path == "/readyz" {
			level = slog.LevelDebug // probes come every few seconds
		}
		a.log.Log(req.Context(), level, "request", "method", req.Method, "path", req.URL.Path,
			"status", recorder.status, "seconds", time.Since(start).Seconds(), "request_id", id)
	})
}

// recovered turns a panic into a 500.
func (a *API) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				a.log.Error("panic", "cause", cause, "stack", string(debug.Stack()))
				a.fail(w, req, http.StatusInternalServerError, errors.New("internal error"))
			}
		}()
		next.ServeHTTP(w, req)
	})
}

// whenServing refuses requests until the schema is there.
func (a *API) whenServing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if a.readiness.State() == readiness.Starting {
			w.Header().Set("Retry-After", "1")
			a.fail(w, req, http.StatusServiceUnavailable, errors.New("starting"))
			return
		}
		next.ServeHTTP(w, req)
	})
}

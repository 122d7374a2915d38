package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
)

const statsKey = "stats"

func recordKey(id string) string { return "record:" + id }

// cached answers with the value of key, from the cache if it is there, from
// load (which fills target) otherwise. A broken cache costs time, not answers.
// An answer may be stale by at most the time to live: a reader that loaded
// before a write may store its value after the writer's forget.
func (a *API) cached(w http.ResponseWriter, req *http.Request, key string, target any, load func(context.Context) error) {
	ctx := req.Context()
	value, found, err := a.cache.Get(ctx, key)
	if err != nil {
		a.log.Warn("cache not read", "key", key, "error", err)
	}
	w.Header().Set("Content-Type", "application/json")
	if found {
		w.Header().Set("X-Cache", "hit")
		w.Write(value) //nolint:errcheck // the client has gone
		return
	}
	if err := load(ctx); err != nil {
		a.failStore(w, req, err)
		return
	}
	if value, err = json.Marshal(target); err != nil {
		a.failStore(w, req, err)
		return
	}
	if err := a.cache.Set(ctx, key, value, a.ttl); err != nil {
		a.log.Warn("cache not written", "key", key, "error", err)
	}
	w.Header().Set("X-Cache", "miss")
	w.Write(value) //nolint:errcheck // the client has gone
}

// forget drops the records of these ids, and the statistics, from the cache.
func (a *API) forget(ctx context.Context, ids ...string) {
	keys := []string{statsKey}
	for _, id := range ids {
		keys = append(keys, recordKey(id))
	}
	if err := a.cache.Delete(ctx, keys...); err != nil {
		a.log.Warn("cache not cleared", "error", err)
	}
}

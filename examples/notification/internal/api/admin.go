package api

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"example.com/notification/internal/deadletter"
)

// addAdmin adds the routes that operators use, behind a bearer token.
func (a *API) addAdmin(mux *http.ServeMux) {
	mux.Handle("GET /admin/deadletters", a.authorized(a.listLetters))
	mux.Handle("POST /admin/deadletters/{name...}", a.authorized(a.replayLetter))
	mux.Handle("GET /admin/routing", a.authorized(a.showRouting))
}

func (a *API) authorized(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		token, found := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
		if !found || subtle.ConstantTimeCompare([]byte(token), []byte(a.AdminToken)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			a.fail(w, http.StatusUnauthorized, errors.New("an admin token is required"))
			return
		}
		next(w, req)
	})
}

func (a *API) listLetters(w http.ResponseWriter, _ *http.Request) {
	letters, err := a.Letters.List()
	if err != nil {
		a.failRecord(w, err)
		return
	}
	a.reply(w, http.StatusOK, map[string]any{"letters": letters})
}

// replayLetter queues a failed delivery again.
func (a *API) replayLetter(w http.ResponseWriter, req *http.Request) {
	if err := a.Dispatcher.Reserve(1); err != nil {
		a.fail(w, http.StatusServiceUnavailable, err)
		return
	}
	letter, err := a.Letters.Take(req.PathValue("name"))
	if err != nil {
		a.Dispatcher.Release(1)
		if errors.Is(err, deadletter.ErrNotFound) {
			a.fail(w, http.StatusNotFound, err)
			return
		}
		a.failRecord(w, err)
		return
	}
	a.Dispatcher.Submit(letter.Job)
	a.reply(w, http.StatusAccepted, map[string]string{"replayed": letter.Name})
}

func (a *API) showRouting(w http.ResponseWriter, _ *http.Request) {
	a.reply(w, http.StatusOK, a.Routes)
}

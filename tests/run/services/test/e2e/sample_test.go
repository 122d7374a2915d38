// Package e2e tests the running service.
package e2e

import (
	"io"
	"net/http"
	"os"
	"testing"
	"time"
)

func TestGreeting(t *testing.T) {
	response, err := http.Get(os.Getenv("SERVICE_URL") + "/greet?name=world")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "Hello, world!" {
		t.Fatalf("got %q, %v", body, err)
	}
}

func TestOutcome(t *testing.T) {
	switch os.Getenv("OUTCOME") {
	case "fails":
		t.Fatal("the greeting is out of date")
	case "hangs":
		select {}
	}
}

// TestPauses says that it is here by a file, and goes on when there is another.
func TestPauses(t *testing.T) {
	place := os.Getenv("PAUSE")
	if place == "" {
		return
	}
	if err := os.WriteFile(place+"/reached", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(place + "/go-on"); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Package e2e tests the manager through the API server's proxy.
package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

const proxy = "/api/v1/namespaces/suite-system/services/manager:80/proxy/greet?name="

func greet(name string) (string, error) {
	out, err := exec.Command("kubectl", "get", "--raw", proxy+name).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func TestGreeting(t *testing.T) {
	said, err := greet("world")
	if err != nil || said != "Hello, world." {
		t.Fatalf("%s: %v", said, err)
	}
}

func TestNobody(t *testing.T) {
	if said, err := greet(""); err == nil {
		t.Fatalf("nobody was greeted: %s", said)
	}
}

// Package greeting makes greetings.
package greeting

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNobody is returned where there is nobody to greet.
var ErrNobody = errors.New("nobody to greet")

// For returns the greeting for a name, loud if it is written in capitals.
func For(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", ErrNobody
	}
	if name == strings.ToUpper(name) {
		return fmt.Sprintf("HELLO, %s!", name), nil
	}
	return fmt.Sprintf("Hello, %s.", name), nil
}

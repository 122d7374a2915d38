// Package greeting makes greetings.
package greeting

import "errors"

// ErrNobody says that there is nobody to greet.
var ErrNobody = errors.New("nobody to greet")

// For greets by name.
func For(name string) (string, error) {
	switch name {
	case "":
		return "", ErrNobody
	case "world":
		return "Hello, world!", nil
	default:
		return "Hello, " + name + ".", nil
	}
}

// Farewell is what no test reaches.
func Farewell(name string) string {
	if name == "" {
		return "Bye."
	}
	return "Bye, " + name + "."
}

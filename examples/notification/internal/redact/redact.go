// Package redact removes secrets from text that leaves the service.
package redact

import "regexp"

const mask = "[REDACTED]"

var patterns = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b((?:password|passwd|secret|token|api[_-]?key)\s*[=:]\s*)("[^"]*"|[^\s,;&"]+)`),
	regexp.MustCompile(`(?i)\b(bearer\s+)([A-Za-z0-9._~+/=-]{8,})`),
	regexp.MustCompile(`(://[^/\s:@]+:)([^@\s/]+)`),
}

// Text returns text with the values of secrets masked.
func Text(text string) string {
	for _, pattern := range patterns {
		text = pattern.ReplaceAllString(text, "${1}"+mask)
	}
	return text
}

package redact

import "testing"

func TestText(t *testing.T) {
	cases := map[string]string{
		"nothing secret here":            "nothing secret here",
		"password=hunter2, user=a":       "password=[REDACTED], user=a",
		`API_KEY: "a b c" rest`:          "API_KEY: [REDACTED] rest",
		"Authorization: Bearer abcdefgh": "Authorization: Bearer [REDACTED]",
		"postgres://app:s3cr3t@db/x":     "postgres://app:[REDACTED]@db/x",
	}
	for text, want := range cases {
		if got := Text(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

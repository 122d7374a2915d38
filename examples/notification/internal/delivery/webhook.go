package delivery

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// SignatureHeader carries "sha256=" and the hexadecimal HMAC of the body.
const SignatureHeader = "X-Notification-Signature"

// Webhook posts notifications as JSON.
type Webhook struct {
	client *http.Client
	secret []byte
}

// NewWebhook signs bodies if secret is not empty; timeout is for one attempt.
func NewWebhook(timeout time.Duration, secret string) *Webhook {
	client := &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirect could leave the allowed hosts
	}}
	return &Webhook{client: client, secret: []byte(secret)}
}

// Name implements Channel.
func (w *Webhook) Name() string { return "webhook" }

// Deliver implements Channel.
func (w *Webhook) Deliver(ctx context.Context, job Job) (string, error) {
	if job.WebhookURL == "" {
		return "", permanent(errors.New("neither the notification nor its routing rule names a webhook URL"))
	}
	body, err := json.Marshal(job.Notification)
	if err != nil {
		return "", permanent(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, job.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return "", permanent(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Notification-Id", job.Notification.ID)
	if len(w.secret) > 0 {
		req.Header.Set(SignatureHeader, Sign(w.secret, body))
	}
	response, err := w.client.Do(req)
	if err != nil {
		return job.WebhookURL, err
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) //nolint:errcheck // lets the connection be used again
	return job.WebhookURL, judge(response)
}

// judge tells success, a failure that may pass, and one that will not.
func judge(response *http.Response) error {
	err := fmt.Errorf("webhook answered %s", response.Status)
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		seconds, convErr := strconv.Atoi(response.Header.Get("Retry-After"))
		if convErr != nil || seconds < 0 {
			return err
		}
		return &RetryAfterError{Err: err, Delay: time.Duration(seconds) * time.Second}
	case code >= 500 || code == http.StatusRequestTimeout:
		return err
	default:
		return permanent(err)
	}
}

// Sign returns the value of SignatureHeader for body.
func Sign(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

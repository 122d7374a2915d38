// Package record is a client of datastorage, which keeps what was delivered.
package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var (
	// ErrExists is returned when a record of that id is there already.
	ErrExists = errors.New("record exists")
	// ErrNotFound is returned when datastorage knows no such record.
	ErrNotFound = errors.New("record not found")
	// ErrUnavailable is returned when datastorage does not answer or cannot work.
	ErrUnavailable = errors.New("datastorage is not available")
)

// The states of a delivery.
const (
	Pending   = "pending"
	Delivered = "delivered"
	Failed    = "failed"
)

// Record is what datastorage keeps about one delivery.
type Record struct {
	ID             string            `json:"id"`
	NotificationID string            `json:"notification_id"`
	Channel        string            `json:"channel"`
	Target         string            `json:"target,omitempty"`
	Priority       string            `json:"priority"`
	Subject        string            `json:"subject"`
	Body           string            `json:"body,omitempty"`
	Status         string            `json:"status"`
	Attempts       int               `json:"attempts"`
	Error          string            `json:"error,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
}

// Outcome is how a delivery ended.
type Outcome struct {
	Status   string `json:"status"`
	Attempts int    `json:"attempts"`
	Target   string `json:"target"`
	Error    string `json:"error"`
}

// Client talks to one datastorage.
type Client struct {
	base string
	http *http.Client
}

// NewClient takes datastorage's URL.
func NewClient(base string, timeout time.Duration) *Client {
	return &Client{base: strings.TrimRight(base, "/"), http: &http.Client{Timeout: timeout}}
}

// Create stores a new record.
func (c *Client) Create(ctx context.Context, r Record) error {
	return c.call(ctx, http.MethodPost, "/v1/records", r, nil)
}

// Finish stores how a delivery ended.
func (c *Client) Finish(ctx context.Context, id string, o Outcome) error {
	return c.call(ctx, http.MethodPatch, "/v1/records/"+url.PathEscape(id), o, nil)
}

// Deliveries returns the records of a notification, or ErrNotFound.
func (c *Client) Deliveries(ctx context.Context, notificationID string) ([]Record, error) {
	var page struct {
		Records []Record `json:"records"`
	}
	query := url.Values{"notification_id": {notificationID}, "limit": {"100"}}
	if err := c.call(ctx, http.MethodGet, "/v1/records?"+query.Encode(), nil, &page); err != nil {
		return nil, err
	}
	if len(page.Records) == 0 {
		return nil, ErrNotFound
	}
	return page.Records, nil
}

// Ready returns nil when datastorage is ready.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/readyz", nil, nil)
}

func (c *Client) call(ctx context.Context, method, path string, body, answer any) error {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 32<<20))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	switch code := response.StatusCode; {
	case code < 300:
		if answer == nil {
			return nil
		}
		return json.Unmarshal(data, answer)
	case code == http.StatusConflict:
		return ErrExists
	case code == http.StatusNotFound:
		return ErrNotFound
	case code >= 500:
		return fmt.Errorf("%w: it answered %s", ErrUnavailable, response.Status)
	default:
		return fmt.Errorf("datastorage refused %s %s: %s: %s", method, path, response.Status, bytes.TrimSpace(data))
	}
}

package httpapi

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"example.com/datastorage/internal/record"
	"example.com/datastorage/internal/store"
)

const (
	defaultLimit = 50
	maxLimit     = 500
)

// filterOf reads the query parameters of a list.
func filterOf(query url.Values) (store.Filter, error) {
	f := store.Filter{Limit: defaultLimit}
	for name := range query {
		value := query.Get(name)
		var err error
		switch name {
		case "notification_id":
			f.NotificationID = value
		case "channel":
			f.Channel = value
		case "priority":
			if f.Priority = value; !record.KnownPriority(value) {
				err = fmt.Errorf("unknown priority %q", value)
			}
		case "status":
			if f.Status = record.Status(value); !f.Status.Valid() {
				err = fmt.Errorf("unknown status %q", value)
			}
		case "subject":
			f.Subject = value
		case "since":
			f.Since, err = time.Parse(time.RFC3339Nano, value)
		case "until":
			f.Until, err = time.Parse(time.RFC3339Nano, value)
		case "limit":
			f.Limit, err = strconv.Atoi(value)
			if err == nil && (f.Limit < 1 || f.Limit > maxLimit) {
				err = fmt.Errorf("limit must be from 1 to %d", maxLimit)
			}
		case "cursor":
			f.Cursor = value
		default:
			err = fmt.Errorf("unknown parameter %q", name)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

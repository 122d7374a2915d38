package deadletter

import (
	"errors"
	"testing"

	"example.com/notification/internal/delivery"
)

func TestBox(t *testing.T) {
	box := NewBox(t.TempDir())
	for _, name := range []string{"a/1", "b/2"} {
		if err := box.Put(delivery.Job{RecordID: name, Channel: "file"}, 3, errors.New("disk full")); err != nil {
			t.Fatal(err)
		}
	}
	letters, err := box.List()
	if err != nil || len(letters) != 2 || letters[0].Name != "a/1" {
		t.Fatalf("letters = %+v, %v", letters, err)
	}
	letter, err := box.Take("a/1")
	if err != nil || letter.Job.Channel != "file" || letter.Error != "disk full" {
		t.Errorf("letter = %+v, %v", letter, err)
	}
	if _, err := box.Take("a/1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("taken twice: %v", err)
	}
}

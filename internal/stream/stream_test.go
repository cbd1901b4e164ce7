package stream_test

import (
	"fmt"
	"testing"

	"pushloss/internal/stream"
)

func TestStreamsAreReadAndWrittenByName(t *testing.T) {
	t.Parallel()
	for _, s := range stream.All() {
		text, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back stream.Stream
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s came back as %s (%v)", s, back, err)
		}
	}
	if _, err := stream.Parse("Loss"); err == nil {
		t.Error("names are not case-sensitive")
	}
	if got := fmt.Sprint(stream.Stream(99)); got != "Stream(99)" {
		t.Error(got)
	}
}

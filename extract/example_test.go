package extract_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/secret"
)

// A day's figures of a task, from the API's stand-in.
func Example() {
	api, err := sandbox.New(sandbox.Config{Apps: []sandbox.App{{SDKAppID: 1400000001, SecretKey: "a key"}}, Rows: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()
	transport := extract.NewTransport()
	defer transport.CloseIdleConnections()

	client := extract.NewClient(extract.Account{
		SDKAppID:   1400000001,
		SecretKey:  secret.New("a key"),
		Identifier: "administrator",
		BaseURLs:   []string{server.URL}, // extract.China.BaseURLs() for the service itself
	}, transport, extract.NewPacer(1, extract.PacerOptions{}), extract.Options{})

	shanghai := time.FixedZone("UTC+8", 8*60*60)
	day, err := calendar.ParseDay("2025-03-12")
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := client.Pull(context.Background(), extract.Request{Window: day.Window(shanghai), Tasks: []string{"a"}})
	var failed *extract.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Class, failed, failed.Hint)
		return
	}
	fmt.Println(day.Window(shanghai).Start, len(answer.JSON) > 0)
	// Output: 2025-03-12 00:00:00 +0800 UTC+8 true
}

func ExampleBatches() {
	for _, batch := range extract.Batches([]string{"a", "b", "c", "d", "e", "f"}) {
		fmt.Println(batch)
	}
	// Output:
	// [a b c d e]
	// [f]
}

func Example_secretNeverPrints() {
	key := secret.New("5bd2850fff3ecb11")
	fmt.Printf("%v %+v %q %d\n", key, extract.Account{SDKAppID: 1, SecretKey: key}, key, key)
	// Output: [redacted] {SDKAppID:1 SecretKey:[redacted] Identifier: BaseURLs:[] WindowEnd:} [redacted] [redacted]
}

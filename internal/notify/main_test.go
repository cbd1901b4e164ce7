package notify_test

import (
	"net/http"
	"os"
	"testing"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/notify"
)

func TestMain(m *testing.M) {
	http.DefaultTransport = notify.Transport(http.DefaultTransport) // as main does
	os.Exit(pgtest.Main(m))
}

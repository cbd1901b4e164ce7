package page_test

import (
	"os"
	"testing"
	_ "time/tzdata"

	"pushloss/internal/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(withBrowser{m})) }

// withBrowser ends the browser after the tests.
type withBrowser struct{ *testing.M }

func (m withBrowser) Run() int {
	defer chromium.end()
	return m.M.Run()
}

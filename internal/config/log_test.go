package config_test

import (
	"log/slog"
	"strings"
	"testing"

	"pushloss/internal/config"
)

func TestTheLoggerWritesItsFormatFromItsLevelUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		log  config.Log
		want string
	}{
		{config.Log{Level: slog.LevelWarn}, "level=WARN msg=shown"},
		{config.Log{Level: slog.LevelWarn, Format: config.JSON}, `"level":"WARN","msg":"shown"`},
	} {
		var written strings.Builder
		logger := test.log.Logger(&written)
		logger.Info("hidden")
		logger.Warn("shown")
		if got := written.String(); !strings.Contains(got, test.want) || strings.Contains(got, "hidden") {
			t.Errorf("log is %q, want %q alone", got, test.want)
		}
	}
}

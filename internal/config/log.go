package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Format is the format of log lines.
type Format string

// The formats of a log.
const (
	Text Format = "text"
	JSON Format = "json"
)

// Log says which lines are logged, and how.
type Log struct {
	Level  slog.Level
	Format Format // the zero value is Text
}

// Logger returns a logger that writes to w.
func (l Log) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level}
	if l.Format == JSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func parseLevel(text string) (slog.Level, error) {
	switch text {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("unknown level %q: use one of debug, info, warn, error", text)
}

func parseFormat(text string) (Format, error) {
	switch format := Format(text); format {
	case Text, JSON:
		return format, nil
	}
	return "", fmt.Errorf("unknown format %q: use text or json", text)
}

package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// pipePatience is how long a pipe may take to give a file's content.
const pipePatience = 5 * time.Second

// MaxFile bounds a file of apps or schedules, in bytes, so that a wrong path does no harm.
const MaxFile = 64 << 20

// ReadFile reads a file of settings with at most limit bytes. It returns an error for a pipe to
// which nobody writes, since reading it would never end. It reads a pipe of the shell (<(COMMAND)).
func ReadFile(path string, limit int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	_ = file.SetReadDeadline(time.Now().Add(pipePatience)) // regular files have no deadline
	data, err := io.ReadAll(io.LimitReader(file, limit))
	info, statErr := file.Stat()
	pipe := statErr == nil && info.Mode()&fs.ModeNamedPipe != 0
	if errors.Is(err, os.ErrDeadlineExceeded) || pipe && err == nil && len(data) == 0 {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errSilentPipe}
	}
	return data, err
}

var errSilentPipe = errors.New("it is a pipe or a terminal that gives nothing: name a regular file")

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pushloss/internal/config"
)

func TestAPipeThatNobodyWritesToIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := config.ReadFile(path, 10); err == nil || !strings.Contains(err.Error(), "name a regular file") {
		t.Errorf("it is %q, %v", data, err)
	}
}

// As a shell passes <(COMMAND).
func TestAPipeOfAShellIsRead(t *testing.T) {
	t.Parallel()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	go func() {
		_, _ = to.WriteString("the key")
		_ = to.Close()
	}()
	if data, err := config.ReadFile(fmt.Sprintf("/dev/fd/%d", from.Fd()), 10); err != nil || string(data) != "the key" {
		t.Errorf("it is %q, %v", data, err)
	}
}

func TestAFileIsReadUpToItsLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	for content, want := range map[string]string{"": "", "key": "key", "longer than ten": "longer tha"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if data, err := config.ReadFile(path, 10); err != nil || string(data) != want {
			t.Errorf("%q is %q, %v", content, data, err)
		}
	}
}

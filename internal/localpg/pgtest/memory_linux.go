package pgtest

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

const (
	memoryDir = "/dev/shm"
	// plenty is several times what a server and the tests' databases need, in bytes.
	plenty = 4 << 30
)

// roomInMemory reports whether there is a file system in memory with much free space, and
// enough memory.
func roomInMemory() bool {
	var files syscall.Statfs_t
	if err := syscall.Statfs(memoryDir, &files); err != nil || files.Bavail*uint64(files.Bsize) < plenty {
		return false
	}
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		var kilobytes uint64
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kilobytes); err == nil {
			return kilobytes<<10 >= plenty
		}
	}
	return false
}

package usersig_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// If int has 32 bits, the build ends with a line that gives the reason, and not with an error of
// another package.
func TestA32BitBuildFailsWithAClearMessage(t *testing.T) {
	t.Parallel()
	for _, arch := range []string{"386", "arm"} {
		run := func(args ...string) (string, error) {
			command := exec.CommandContext(t.Context(), "go", args...)
			command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
			out, err := command.CombinedOutput()
			return string(out), err
		}
		if out, err := run("build", "."); err == nil || !strings.Contains(out, "pushloss_needs_a_64_bit_platform") {
			t.Errorf("%s: %v\n%s", arch, err, out)
		}
		if out, err := run("list", "-deps", "../../cmd/pushloss"); err != nil || strings.Contains(out, "tencentyun") {
			t.Errorf("%s: the library is built too, %v", arch, err)
		}
	}
}

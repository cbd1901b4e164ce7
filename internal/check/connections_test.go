package check

import (
	"strings"
	"testing"

	"pushloss/internal/postgres"
)

func TestCheckSaysHowManyConnectionsAreLeftAndWhatLimitsThem(t *testing.T) {
	t.Parallel()
	server := postgres.Room{By: "server", Limit: 97, Used: 12}
	for _, tt := range []struct {
		name         string
		rooms        []postgres.Room
		ok           bool
		detail, hint string
	}{
		{"room enough", []postgres.Room{server}, true, "takes up to 6; the server leaves 87 of 97", ""},
		{"others have them now", []postgres.Room{server, {By: "database", Limit: 10, Used: 9}}, true, "the database leaves 3 of 10", "ALTER DATABASE"},
		{"others have more than the limit", []postgres.Room{{By: "server", Limit: 20, Used: 25}}, true, "leaves 0 of 20", "max_connections"},
		{"a role with a preset", []postgres.Room{server, {By: "role", Limit: 1, Used: 1}}, false, "the role allows 1 connection; a process needs at least 2", "ALTER ROLE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := judgeRooms(tt.rooms, 6, 2)
			if got.OK != tt.ok || !strings.Contains(got.Detail, tt.detail) || !strings.Contains(got.Hint, tt.hint) || tt.hint == "" && got.Hint != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

package config_test

import (
	"context"
	"fmt"

	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/config"
)

// All that is wrong is told at once.
func ExampleLoad() {
	environment := envconfig.MapLookuper(map[string]string{
		"TIM_SDK_APP_ID": "1400000001",
		"TIM_SECRET_KEY": "two words",
		"PUSHLOSS_RATE":  "fast",
	})
	_, err := config.Load(context.Background(), environment, config.Needs{Database: true, Credentials: true})
	fmt.Println(err)
	// Output:
	// DATABASE_URL: is not set: give a Postgres URL, postgres://USER:PASSWORD@HOST:5432/DATABASE, or DATABASE_URL=embedded: for a local one
	// PUSHLOSS_RATE: "fast" is not a number of calls per second: give 1, or 0 for no pacing, or at least 0.001
	// TIM_SECRET_KEY: holds a blank, a line break or an invisible character: copy it again
}

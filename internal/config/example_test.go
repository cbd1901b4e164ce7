package config_test

import (
	"context"
	"fmt"
	"time"

	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/config"
)

// Load reports everything that is wrong at once.
func ExampleLoad() {
	environment := envconfig.MapLookuper(map[string]string{
		"TIM_SDK_APP_ID": "1400000001",
		"TIM_SECRET_KEY": "two words",
		"PUSHLOSS_RATE":  "fast",
	})
	_, err := config.Load(context.Background(), environment, config.Needs{Database: true, Credentials: true}, time.Now())
	fmt.Println(err)
	// Output:
	// DATABASE_URL: is not set: give a Postgres URL, postgres://USER:PASSWORD@HOST:5432/DATABASE, or DATABASE_URL=embedded: for a local one
	// PUSHLOSS_RATE: "fast" is not a number of calls per second from 0.001 to 1000, like 1 or 0.5, or 0 for no pacing: write plain digits, without a sign or a leading zero
	// TIM_SECRET_KEY: holds a blank, a line break or an invisible character: copy it again
}

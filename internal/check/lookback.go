package check

import (
	"fmt"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/pipeline"
)

// Lookback says for how many days after its end a day is really pulled again. At the last pull, the
// API must still remember the whole day.
func Lookback(lookbackDays, memoryDays int) Finding {
	const name = "lookback"
	effective := pipeline.Settings{LookbackDays: lookbackDays, APIMemoryDays: memoryDays}.EffectiveLookback()
	switch {
	case memoryDays < 2:
		return Finding{
			Check:  name,
			Detail: fmt.Sprintf("PUSHLOSS_API_MEMORY_DAYS=%d: no day can be pulled while the API remembers all of it, so every figure stays unproven", memoryDays),
			Hint:   "set PUSHLOSS_API_MEMORY_DAYS to how many days the API remembers, at least 2; pushloss calibrate measures it",
		}
	case effective < lookbackDays:
		return Good(name, fmt.Sprintf("%s after a day's end, not %d: the API is believed to remember %s",
			english.Plural(effective, "day", ""), lookbackDays, english.Plural(memoryDays, "day", "")))
	}
	return Good(name, english.Plural(effective, "day", "")+" after a day's end")
}

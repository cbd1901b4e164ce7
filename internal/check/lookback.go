package check

import (
	"fmt"

	"pushloss/internal/pipeline"
)

// Lookback says for how many days after its end a day is really pulled again: the
// last answer has to be one for a day that the API still remembers as a whole.
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
		return Good(name, fmt.Sprintf("a day is pulled for up to %d days after its end, not PUSHLOSS_LOOKBACK_DAYS=%d: later than that the API need not remember all of it (PUSHLOSS_API_MEMORY_DAYS=%d)",
			effective, lookbackDays, memoryDays))
	}
	return Good(name, fmt.Sprintf("a day is pulled until %d days after its end, while the API remembers all of it", effective))
}

package extract

import "time"

// The page says 7 days and samples 8; 7 is what is safe (All/Tagged Users Push
// Loss Analysis).
var lossEndpoint = endpoint{
	name:      "loss",
	path:      "/v4/timpush/all_member_push_loss",
	maxWindow: 7 * 24 * time.Hour,
	byTask:    true,
}

package intake

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pushloss/internal/secret"
)

// sameText compares in constant time. It compares digests, which have equal lengths, so it does not
// even reveal the length of want.
func sameText(want, got string) bool {
	w, g := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	return subtle.ConstantTimeCompare(w[:], g[:]) == 1
}

// hasBearer reads a token only from the Authorization header, because addresses get into logs.
func hasBearer(r *http.Request, token secret.Text) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return sameText(token.Reveal(), strings.TrimSpace(given)) && strings.EqualFold(scheme, "Bearer")
}

// requestAge is how far the time of a callback may differ from this machine's.
const requestAge = 5 * time.Minute

// signer is an app from which callbacks are accepted.
type signer struct {
	sdkAppID int64
	token    secret.Text
}

// why is the reason for refusing a callback; "" means that it is accepted.
type why string

const (
	accepted   why = ""
	unsigned   why = "it has no Sign or no RequestTime: switch the authentication of callbacks on in the console"
	notGenuine why = "SdkAppid, Sign or RequestTime is wrong"
	outOfTime  why = "RequestTime is more than 5 minutes from this machine's clock"
)

// verify checks the address of a callback: the app, Sign = sha256(token + RequestTime) in hex with
// that app's own token, and the time. For an unknown app, it makes the same comparison.
func verify(signers []signer, sdkAppID, sign, requestTime string, now time.Time) (int64, why) {
	if sign == "" || requestTime == "" {
		return 0, unsigned
	}
	app := signer{}
	if id, err := strconv.ParseInt(sdkAppID, 10, 64); err == nil {
		for _, s := range signers {
			if s.sdkAppID == id {
				app = s
			}
		}
	}
	digest := sha256.Sum256([]byte(app.token.Reveal() + requestTime))
	genuine := sameText(hex.EncodeToString(digest[:]), sign)
	seconds, err := strconv.ParseInt(requestTime, 10, 64)
	switch {
	case !genuine, app.token.IsZero(), err != nil:
		return 0, notGenuine
	case now.Sub(time.Unix(seconds, 0)).Abs() > requestAge:
		return 0, outOfTime
	}
	return app.sdkAppID, accepted
}

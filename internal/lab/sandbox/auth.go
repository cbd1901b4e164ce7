package sandbox

import (
	"errors"
	"net/url"
	"strconv"
	"time"

	"pushloss/internal/usersig"
)

// maxUserSig bounds what is decompressed, in bytes: the library has no limit. A UserSig has about
// 250 bytes.
const maxUserSig = 4096

// caller is the query of a call: sdkappid, identifier, usersig, random and contenttype, all required and
// case-sensitive (API page All/Tagged Users Push Loss Analysis).
type caller struct {
	app        int64
	identifier string
	userSig    string
}

func readCaller(rawQuery string) (caller, *refusal) {
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return caller{}, refuse(codeBadHTTP, "the query cannot be parsed")
	}
	if !q.Has("sdkappid") {
		return caller{}, refuse(codeNoSDKAppID, "sdkappid is missing")
	}
	app, err := strconv.ParseInt(q.Get("sdkappid"), 10, 64)
	if err != nil {
		return caller{}, refuse(codeBadURL, "sdkappid is not a number")
	}
	c := caller{app: app, identifier: q.Get("identifier"), userSig: q.Get("usersig")}
	switch {
	case c.identifier == "":
		return c, refuse(codeBadURL, "identifier is missing")
	case !q.Has("usersig"):
		return c, refuse(codeBadURL, "usersig is missing")
	case q.Get("contenttype") != "json":
		return c, refuse(codeBadURL, "contenttype must be json")
	}
	if _, err := strconv.ParseUint(q.Get("random"), 10, 32); err != nil {
		return c, refuse(codeBadHTTP, "random must be an unsigned 32-bit integer")
	}
	return c, nil
}

// authenticate verifies the UserSig with the official library and maps its errors to the codes of the page Error
// Codes. The library checks the app, the identifier, the expiry and the signature, in this order, and names the first
// wrong one. Only then does authenticate check the identifier's role.
func (a *appState) authenticate(c caller, now time.Time) *refusal {
	if len(c.userSig) > maxUserSig {
		return refuse(codeSigIllegal, "usersig is too long")
	}
	err := a.verify(c, now)
	switch {
	case err == nil:
	case errors.Is(err, usersig.ErrExpired):
		return refuse(codeSigExpired, "UserSig expired")
	case errors.Is(err, usersig.ErrIdentifierNotMatch):
		return refuse(codeSigIdentifier, "identifier differs from the one signed")
	case errors.Is(err, usersig.ErrSDKAppIDNotMatch):
		return refuse(codeSigApp, "sdkappid differs from the one signed")
	case errors.Is(err, usersig.ErrSignatureNotMatch):
		return refuse(codeSigMismatch, "UserSig verification failed")
	default:
		return refuse(codeSigIllegal, "UserSig is illegal")
	}
	if !a.admins[c.identifier] {
		return refuse(codeNotAdmin, "no permission, call as administrator")
	}
	return nil
}

// verdict is the result of an app's last verification. A client sends the same UserSig for a day,
// and verifying it costs as much as an answer.
type verdict struct {
	caller caller
	second int64
	err    error
}

// verify is the library's verification, which knows only whole seconds.
func (a *appState) verify(c caller, now time.Time) error {
	if last := a.verdict.Load(); last != nil && last.caller == c && last.second == now.Unix() {
		return last.err
	}
	err := usersig.Verify(c.app, a.secretKey, c.identifier, c.userSig, now)
	a.verdict.Store(&verdict{c, now.Unix(), err})
	return err
}

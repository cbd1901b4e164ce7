//go:build !(386 || arm || mips || mipsle)

// Package usersig signs calls of the REST API, and verifies such signatures, with the
// vendor's library.
package usersig

import (
	"fmt"
	"time"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"
)

// The reasons for which a signature is refused. Any other error means that it cannot be read.
var (
	ErrExpired            = tencentyun.ErrExpired
	ErrIdentifierNotMatch = tencentyun.ErrIdentifierNotMatch
	ErrSDKAppIDNotMatch   = tencentyun.ErrSdkAppIDNotMatch
	ErrSignatureNotMatch  = tencentyun.ErrSigNotMatch
)

// Sign returns a UserSig that is valid from now on, by this machine's clock.
func Sign(sdkAppID int64, key, identifier string, lifetime time.Duration) (string, error) {
	sig, err := tencentyun.GenUserSig(int(sdkAppID), key, identifier, int(lifetime/time.Second))
	if err != nil {
		return "", fmt.Errorf("sign for %s: %w", identifier, err)
	}
	return sig, nil
}

// Verify says why a UserSig is not valid at a time. The library checks the app, the identifier, the
// expiry and the signature, in this order.
func Verify(sdkAppID int64, key, identifier, userSig string, now time.Time) error {
	return tencentyun.VerifyUserSig(uint64(sdkAppID), key, identifier, userSig, now)
}

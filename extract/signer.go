package extract

import (
	"sync"
	"time"

	"pushloss/internal/secret"
	"pushloss/internal/usersig"
)

const (
	// userSigLifetime is the minimum that the vendor recommends (Secure authentication
	// with UserSig: 24 hours).
	userSigLifetime = 24 * time.Hour
	// userSigReserve is how long before its end a UserSig is replaced, so that
	// none expires between signing and arrival.
	userSigReserve = time.Hour
)

// signer makes the UserSig of one account and reuses it until shortly before it expires.
// It is safe for concurrent use.
type signer struct {
	appID      int64
	key        secret.Text
	identifier string
	now        func() time.Time

	mu       sync.Mutex
	userSig  string
	signedAt time.Time
}

// userSigNow returns a UserSig that is valid for at least userSigReserve.
func (s *signer) userSigNow() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.userSig != "" && s.now().Sub(s.signedAt) < userSigLifetime-userSigReserve {
		return s.userSig, nil
	}
	sig, err := usersig.Sign(s.appID, s.key.Reveal(), s.identifier, userSigLifetime)
	if err != nil {
		return "", err
	}
	s.userSig, s.signedAt = sig, s.now()
	return sig, nil
}

// forget drops a UserSig that the service refused, unless another call already replaced
// it.
func (s *signer) forget(refused string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.userSig == refused {
		s.userSig = ""
	}
}

package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// refusalOf says why pgx refuses a connection string, if pgx's text is constant.
func refusalOf(err error) *URLError {
	parseErr, ok := errors.AsType[*pgconn.ParseConfigError](err)
	if !ok {
		return &URLError{"cannot be used", "it cannot be parsed"}
	}
	blanked := *parseErr
	blanked.ConnString = ""
	_, text, _ := strings.Cut(blanked.Error(), "``: ")
	for _, known := range pgxReasons {
		if strings.HasPrefix(text, known.said) {
			return &URLError{known.problem, known.remedy}
		}
	}
	return &URLError{"cannot be used", "it cannot be parsed"}
}

// pgxReasons are reasons that only the driver notices.
var pgxReasons = [...]struct{ said, problem, remedy string }{
	{"failed to configure TLS", "has parameters of TLS that cannot be used", "correct sslmode, sslrootcert, sslcert, sslkey and sslpassword: the files must exist and be PEM"},
	{"invalid require_auth", "has an unknown value of require_auth", "write one or more of password, md5, scram-sha-256, gss, sspi, oauth, none, all or none of them with ! before it"},
	{"min_protocol_version cannot", "has a min_protocol_version above its max_protocol_version", "correct one of them"},
	{"could not match", "does not have as many ports as hosts", "give one port for all hosts, or one for each"},
}

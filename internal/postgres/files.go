package postgres

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// fileParameters are the parameters that name a file, and libpq's variables for them.
var fileParameters = []struct{ name, variable string }{
	{"passfile", "PGPASSFILE"}, {"servicefile", "PGSERVICEFILE"},
	{"sslrootcert", "PGSSLROOTCERT"}, {"sslcert", "PGSSLCERT"}, {"sslkey", "PGSSLKEY"},
}

// systemRoots is the one value of sslrootcert that is not a file.
const systemRoots = "system"

// judgeFiles refuses files that the driver would ignore, or refuse without naming them. No error
// repeats a path, which may be a part of a password.
func (s *settings) judgeFiles() error {
	paths, contents := make(map[string]string), make(map[string][]byte)
	for _, parameter := range fileParameters {
		path, shown := s.values[parameter.name], parameter.name
		if path == "" {
			path, shown = os.Getenv(parameter.variable), parameter.name+" ("+parameter.variable+")"
		}
		if path == "" || parameter.name == "sslrootcert" && path == systemRoots {
			continue
		}
		content, err := readRegular(path)
		if err != nil {
			return unreadable(shown, err)
		}
		paths[parameter.name], contents[parameter.name] = path, content
	}
	if err := s.judgeService(paths["servicefile"]); err != nil {
		return err
	}
	if roots, given := contents["sslrootcert"]; given && !x509.NewCertPool().AppendCertsFromPEM(roots) {
		return &URLError{"has an sslrootcert whose file holds no certificate", "give a file of certificates in PEM (-----BEGIN CERTIFICATE-----), or sslrootcert=system"}
	}
	cert, hasCert := contents["sslcert"]
	key, hasKey := contents["sslkey"]
	switch {
	case hasCert != hasKey:
		return &URLError{"has only one of sslcert and sslkey", "give both, or none"}
	case !hasCert:
		return nil
	}
	block, _ := pem.Decode(key)
	switch {
	case block == nil:
		return &URLError{"has an sslkey whose file holds no key", "give a file in PEM (-----BEGIN PRIVATE KEY-----)"}
	case block.Headers["DEK-Info"] != "": // encrypted in the old form (RFC 1423), which the driver can read
		if s.values["sslpassword"] == "" {
			return &URLError{"has an sslkey that is encrypted, and no sslpassword", "give it, or a key without a password"}
		}
	default:
		if _, err := tls.X509KeyPair(cert, key); err != nil {
			return &URLError{"has an sslcert and an sslkey that cannot be used together", "give a certificate and its key, both in PEM, the key without a password"}
		}
	}
	return nil
}

// readRegular reads a file that the driver reads again later, so it must not be a pipe.
func readRegular(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is a pipe, not a regular file")}
	}
	return os.ReadFile(path)
}

func unreadable(parameter string, err error) error {
	why := "it cannot be read"
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		why = pathErr.Err.Error()
	}
	return &URLError{"has the parameter " + parameter + ", whose file cannot be read (" + why + ")",
		"correct the path; a relative one starts where pushloss was started"}
}

// judgeService looks for the service in its file. The driver reads the user's file or a named one,
// but not the machine's.
func (s *settings) judgeService(named string) error {
	service, given := s.values["service"]
	switch {
	case given && service == "":
		return &URLError{"has an empty service", "name a service of the service file, or leave it out"}
	case cmp.Or(service, os.Getenv("PGSERVICE")) == "" && s.values["servicefile"] != "":
		return &URLError{"has the parameter servicefile, but names no service", "add service=NAME, or leave it out"}
	case cmp.Or(service, os.Getenv("PGSERVICE")) == "" || named != "":
		return nil
	}
	home, err := os.UserHomeDir()
	if err == nil {
		_, err = os.ReadFile(filepath.Join(home, ".pg_service.conf"))
	}
	if err != nil {
		return &URLError{"names a service, and there is no readable service file", "write it as .pg_service.conf in the home folder, or name it: servicefile=FILE or PGSERVICEFILE"}
	}
	return nil
}

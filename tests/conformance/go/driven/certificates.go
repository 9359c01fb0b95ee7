// Package driven is what programs share that work without pause while somebody else does harm, and judge at the end.
package driven

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
)

// Fresh reads the files of the folder anew for each connection, so that a client follows when they are replaced.
func Fresh(folder string) *tls.Config {
	file := func(name string) string { return filepath.Join(folder, name) }
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(file("tls.crt"), file("tls.key"))
			return &pair, err
		},
		// Verified below, by the authorities that are in the file by now.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			pem, err := os.ReadFile(file("ca.crt"))
			if err != nil {
				return err
			}
			roots := x509.NewCertPool()
			if !roots.AppendCertsFromPEM(pem) {
				return errors.New("no certificate in ca.crt")
			}
			_, err = state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: state.ServerName})
			return err
		},
	}
}

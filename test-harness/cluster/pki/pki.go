// Package pki makes the certificates of a cluster.
//
// Place on the path from manifest to register: the badges of the ground's own programs. Certificates
// live for a year in the state directory and die with it. Nothing here signs evidence or permits: those
// keys belong to the factory and the regulator.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Authority signs certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	PEM         []byte
}

// Pair is a certificate with its key, both PEM.
type Pair struct{ Certificate, Key []byte }

// Open reads the authority called name in directory, or makes it there.
func Open(directory, name string) (*Authority, error) {
	pair, err := keep(directory, name, func() (Pair, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return Pair{}, err
		}
		template := template(name, nil)
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
		return sign(template, template, key, key)
	})
	if err != nil {
		return nil, err
	}
	certificate, key, err := parse(pair)
	if err != nil {
		return nil, fmt.Errorf("authority %s: %w", name, err)
	}
	return &Authority{certificate: certificate, key: key, PEM: pair.Certificate}, nil
}

// Issue reads the certificate called file in directory, or makes it there: for subject user (of groups)
// as a client, and for names and addresses as a server.
func (a *Authority) Issue(directory, file, user string, groups []string, hosts ...string) (Pair, error) {
	return keep(directory, file, func() (Pair, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return Pair{}, err
		}
		template := template(user, groups)
		template.KeyUsage = x509.KeyUsageDigitalSignature
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
		for _, host := range hosts {
			if address := net.ParseIP(host); address != nil {
				template.IPAddresses = append(template.IPAddresses, address)
			} else {
				template.DNSNames = append(template.DNSNames, host)
			}
		}
		return sign(template, a.certificate, key, a.key)
	})
}

func template(name string, groups []string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // crypto/rand does not fail
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: groups},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
	}
}

func sign(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (Pair, error) {
	certificate, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return Pair{}, err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return Pair{}, err
	}
	return Pair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}),
	}, nil
}

func parse(pair Pair) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(pair.Certificate)
	private, _ := pem.Decode(pair.Key)
	if block == nil || private == nil {
		return nil, nil, fmt.Errorf("not PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(private.Bytes)
	return certificate, key, err
}

// keep returns the pair of files NAME.crt and NAME.key, made first where either lacks. The key is
// written last, so an interrupted run makes both anew.
func keep(directory, name string, make func() (Pair, error)) (Pair, error) {
	certificateFile := filepath.Join(directory, name+".crt")
	keyFile := filepath.Join(directory, name+".key")
	key, err := os.ReadFile(keyFile)
	if err == nil {
		certificate, err := os.ReadFile(certificateFile)
		return Pair{Certificate: certificate, Key: key}, err
	}
	pair, err := make()
	if err != nil {
		return Pair{}, err
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return Pair{}, err
	}
	if err := os.WriteFile(certificateFile, pair.Certificate, 0o644); err != nil {
		return Pair{}, err
	}
	temporary := keyFile + ".new"
	if err := os.WriteFile(temporary, pair.Key, 0o600); err != nil {
		return Pair{}, err
	}
	return pair, os.Rename(temporary, keyFile)
}

package pki

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func read(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("not PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestCertificatesHoldAgainstTheirAuthorityAndNoOther(t *testing.T) {
	folder := t.TempDir()
	own, err := Open(folder, "own")
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(folder, "other")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := own.Issue(folder, "server", "user", []string{"group"}, "127.0.0.1", "name")
	if err != nil {
		t.Fatal(err)
	}
	certificate := read(t, pair.Certificate)
	if certificate.Subject.CommonName != "user" || certificate.Subject.Organization[0] != "group" {
		t.Errorf("the subject is %s", certificate.Subject)
	}
	for _, host := range []string{"127.0.0.1", "name"} {
		if err := certificate.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	for authority, good := range map[*Authority]bool{own: true, other: false} {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(authority.PEM)
		_, err := certificate.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if (err == nil) != good {
			t.Errorf("against %s: %v", read(t, authority.PEM).Subject.CommonName, err)
		}
	}
}

func TestWhatWasMadeIsKeptAndWhatWasHalfMadeIsMadeAnew(t *testing.T) {
	folder := t.TempDir()
	first, err := Open(folder, "ca")
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(folder, "ca")
	if err != nil || !bytes.Equal(first.PEM, second.PEM) {
		t.Errorf("a second opening made another authority, %v", err)
	}
	if err := os.Remove(filepath.Join(folder, "ca.key")); err != nil {
		t.Fatal(err)
	}
	third, err := Open(folder, "ca")
	if err != nil || bytes.Equal(first.PEM, third.PEM) {
		t.Errorf("an authority without its key was kept, %v", err)
	}
}

func TestAKubeconfigCanBeUsed(t *testing.T) {
	folder := t.TempDir()
	authority, err := Open(folder, "ca")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "sub", "kubeconfig")
	if err := authority.Kubeconfig(folder, file, "https://127.0.0.1:1", "user", "group"); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil || config.Host != "https://127.0.0.1:1" || len(config.CertData) == 0 || !bytes.Equal(config.CAData, authority.PEM) {
		t.Errorf("it reads as %v, %v", config, err)
	}
	if about, err := os.Stat(file); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", about.Mode(), err)
	}
}

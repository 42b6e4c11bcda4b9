package pki

import (
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig writes file: how user, of groups, reaches the API server at address.
func (a *Authority) Kubeconfig(directory, file, address, user string, groups ...string) error {
	pair, err := a.Issue(directory, filepath.Base(file), user, groups)
	if err != nil {
		return err
	}
	config := api.NewConfig()
	config.Clusters["factory"] = &api.Cluster{Server: address, CertificateAuthorityData: a.PEM}
	config.AuthInfos[user] = &api.AuthInfo{ClientCertificateData: pair.Certificate, ClientKeyData: pair.Key}
	config.Contexts["factory"] = &api.Context{Cluster: "factory", AuthInfo: user}
	config.CurrentContext = "factory"
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return clientcmd.WriteToFile(*config, file)
}

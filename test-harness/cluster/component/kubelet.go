package component

import (
	"context"

	"github.com/spf13/cobra"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// newKubelet gives the kubelet a context of its own, as upstream's main does.
func newKubelet() *cobra.Command {
	return kubelet.NewKubeletCommand(context.Background())
}

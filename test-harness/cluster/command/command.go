// Package command is what a person and make call: up, down, status, doctor, node, exec.
//
// Place on the path from manifest to register: the handle of the ground. One verb a file. A verb never
// becomes part of a cluster: it starts, asks or ends one and returns.
package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"factory.gov.kg/test-harness/cluster/layout"
)

// Run carries out the command line and returns its exit code.
func Run() int {
	root := &cobra.Command{
		Use:           "factory-cluster",
		Short:         "A real Kubernetes cluster in network namespaces of this machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().String("state", "target/cluster", "directory of everything the cluster keeps")
	root.PersistentFlags().Int("nodes", 0, "number of nodes, 1 to 5 (else NODES; else those there are; else 3)")
	root.PersistentPreRunE = func(command *cobra.Command, _ []string) error {
		if command.Name() == "doctor" {
			return nil
		}
		return becomeRoot()
	}
	root.AddCommand(up(), down(), status(), examineMachine(), nodeVerbs(), execute())
	root.AddCommand(inner()...)
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "factory-cluster:", err)
		return 1
	}
	return 0
}

// identity is what `up` writes down about a cluster, for those who come later.
type identity struct {
	Nodes  int    `json:"nodes"`
	Binary string `json:"binary"`
}

func identityFile(cluster layout.Layout) string { return cluster.Path(layout.IdentityFile) }

// recorded is the layout of the cluster that the flags name: as it was made where it was, else as asked.
func recorded(command *cobra.Command) (layout.Layout, identity, error) {
	state, err := command.Flags().GetString("state")
	if err != nil {
		return layout.Layout{}, identity{}, err
	}
	asked, err := askedNodes(command)
	if err != nil {
		return layout.Layout{}, identity{}, err
	}
	if asked == anyNumber {
		asked = usualNodes
	}
	cluster, err := layout.New(state, asked)
	if err != nil {
		return layout.Layout{}, identity{}, err
	}
	var was identity
	text, err := os.ReadFile(identityFile(cluster))
	if errors.Is(err, fs.ErrNotExist) {
		return cluster, identity{}, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &was)
	}
	if err != nil {
		return layout.Layout{}, identity{}, fmt.Errorf("%s: %w", identityFile(cluster), err)
	}
	cluster, err = layout.New(state, was.Nodes)
	return cluster, was, err
}

// usualNodes is how many nodes a cluster gets where nobody says a number; one that exists keeps its own.
const (
	usualNodes = 3
	anyNumber  = 0
)

func askedNodes(command *cobra.Command) (int, error) {
	if command.Flags().Changed("nodes") {
		return checked(command.Flags().GetInt("nodes"))
	}
	text := os.Getenv("NODES")
	if text == "" {
		return anyNumber, nil
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("NODES is %q; it can be 1 to %d", text, layout.MaxNodes)
	}
	return checked(count, nil)
}

// checked refuses a number that would be taken for none.
func checked(count int, err error) (int, error) {
	if err == nil && count == anyNumber {
		err = fmt.Errorf("NODES is 0; it can be 1 to %d", layout.MaxNodes)
	}
	return count, err
}

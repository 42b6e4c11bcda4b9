package command

import (
	"os"
	"testing"

	"github.com/spf13/cobra"

	"factory.gov.kg/test-harness/cluster/layout"
)

// asking is a command line with these flags, after state holds a cluster of was nodes (0: none).
func asking(t *testing.T, was string, arguments ...string) *cobra.Command {
	t.Helper()
	state := t.TempDir()
	if was != "" {
		if err := os.WriteFile(state+"/"+layout.IdentityFile, []byte(was), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := &cobra.Command{}
	command.Flags().String("state", state, "")
	command.Flags().Int("nodes", 0, "")
	if err := command.ParseFlags(arguments); err != nil {
		t.Fatal(err)
	}
	return command
}

func TestTheNumberOfNodesIsTheFlagsElseTheVariablesElseTheClustersElseThree(t *testing.T) {
	for name, each := range map[string]struct {
		was, variable string
		flags         []string
		want          int // 0: refused
	}{
		"nothing said":                   {want: 3},
		"the variable":                   {variable: "2", want: 2},
		"the flag before the variable":   {variable: "2", flags: []string{"--nodes=4"}, want: 4},
		"a cluster that is there":        {was: `{"nodes":2}`, want: 2},
		"a cluster and another wish":     {was: `{"nodes":2}`, variable: "5", want: 2},
		"a word":                         {variable: "many"},
		"none":                           {variable: "0"},
		"none by flag":                   {flags: []string{"--nodes=0"}},
		"too many":                       {variable: "6"},
		"a record that cannot be read":   {was: `{`},
		"a record of an impossible size": {was: `{"nodes":9}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NODES", each.variable)
			cluster, _, err := recorded(asking(t, each.was, each.flags...))
			if (err != nil) != (each.want == 0) || len(cluster.Nodes) != each.want {
				t.Errorf("%d nodes, %v", len(cluster.Nodes), err)
			}
		})
	}
}

package command

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"factory.gov.kg/test-harness/cluster/doctor"
)

func examineMachine() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "say what this machine lacks, each with its remedy; exit code 1 where it lacks anything",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			cluster, _, err := recorded(command)
			if err != nil {
				return err
			}
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			facts, err := doctor.Read(cluster.State, filepath.Join(cache, "factory-cluster"))
			if err != nil {
				return err
			}
			missing := 0
			for _, finding := range doctor.Judge(facts) {
				if finding.Good {
					fmt.Printf("ok       %-16s %s\n", finding.Name, finding.Found)
					continue
				}
				missing++
				fmt.Printf("MISSING  %-16s %s → %s\n", finding.Name, finding.Found, finding.Remedy)
			}
			if missing > 0 {
				return fmt.Errorf("%d of these are missing", missing)
			}
			return nil
		},
	}
}

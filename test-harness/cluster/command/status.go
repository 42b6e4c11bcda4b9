package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/check"
)

// part is one line of the status: a part of the cluster and what it answers.
type part struct {
	Name   string `json:"name"`
	Ready  bool   `json:"ready"`
	Answer string `json:"answer,omitempty"` // why it is not ready
}

type report struct {
	State     string `json:"state"`
	Running   bool   `json:"running"`
	Ready     bool   `json:"ready"`
	Processes int    `json:"processes"`
	Parts     []part `json:"parts"`
}

func status() *cobra.Command {
	var format string
	command := &cobra.Command{
		Use:   "status",
		Short: "ask every part once; exit code 1 unless all are ready",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if format != "" && format != "json" {
				return fmt.Errorf("--output is %q; it can be json", format)
			}
			found, err := examine(command)
			if err != nil {
				return err
			}
			if format == "json" {
				encoder := json.NewEncoder(os.Stdout)
				encoder.SetIndent("", "  ")
				err = encoder.Encode(found)
			} else {
				show(found)
			}
			if err == nil && !found.Ready {
				err = errors.New("not all parts are ready")
			}
			return err
		},
	}
	command.Flags().StringVarP(&format, "output", "o", "", "json for programs")
	return command
}

func examine(command *cobra.Command) (report, error) {
	cluster, _, err := recorded(command)
	if err != nil {
		return report{}, err
	}
	processes, err := census.Processes(cluster)
	if err != nil {
		return report{}, err
	}
	first, err := census.First(cluster)
	if err != nil {
		return report{}, err
	}
	found := report{State: cluster.State, Running: first != 0, Processes: len(processes)}
	if !found.Running {
		return found, nil
	}
	ctx, cancel := context.WithTimeout(command.Context(), 5*time.Second)
	defer cancel()
	checks := check.All(cluster)
	found.Parts = make([]part, len(checks))
	answered := make(chan struct{})
	for index, question := range checks {
		go func() {
			found.Parts[index] = part{Name: question.Name, Ready: true}
			if err := question.Ask(ctx); err != nil {
				found.Parts[index] = part{Name: question.Name, Answer: err.Error()}
			}
			answered <- struct{}{}
		}()
	}
	for range checks {
		<-answered
	}
	found.Ready = true
	for _, part := range found.Parts {
		found.Ready = found.Ready && part.Ready
	}
	return found, nil
}

func show(found report) {
	if !found.Running {
		fmt.Printf("no cluster runs in %s\n", found.State)
		return
	}
	fmt.Printf("cluster in %s, %d processes\n", found.State, found.Processes)
	for _, part := range found.Parts {
		word := "ready"
		if !part.Ready {
			word = "NOT READY: " + part.Answer
		}
		fmt.Printf("  %-16s %s\n", part.Name, word)
	}
}

// Command factory-cluster is a real Kubernetes cluster in one file.
//
// Place on the path from manifest to register: the ground. By its first argument it is one of the
// components of Kubernetes, or a verb of the harness. It must hold nothing of the factory itself.
package main

import (
	"os"

	"factory.gov.kg/test-harness/cluster/command"
	"factory.gov.kg/test-harness/cluster/component"
)

func main() {
	if len(os.Args) > 1 {
		whole := os.Args
		os.Args = os.Args[1:]
		if code, known := component.Run(os.Args[0]); known {
			os.Exit(code)
		}
		os.Args = whole
	}
	os.Exit(command.Run())
}

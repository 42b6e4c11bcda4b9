package config

import (
	"fmt"

	"factory.gov.kg/test-harness/cluster/layout"
)

// Registry is the command line of Debian's docker-registry: plain HTTP, deletion enabled.
func Registry(cluster layout.Layout) ([]string, error) {
	text := fmt.Sprintf(`
version: 0.1
log:
  level: warn
storage:
  filesystem:
    rootdirectory: %s
  delete:
    enabled: true
http:
  addr: %s:%d
`, cluster.Path("registry", "data"), layout.RegistryIP, layout.RegistryPort)
	file := cluster.Path("registry", "config.yml")
	if err := write(file, text); err != nil {
		return nil, err
	}
	return []string{"/usr/bin/docker-registry", "serve", file}, nil
}

// Command web is the outer component of "certificate of registered address": the public
// API and page on port 8080. It asks the registry component for each address and keeps
// nothing itself, so any number of replicas may run and any of them may die.
//
// It must not open the register's data, and its readiness must not ask the registry: if
// the registry is away for a moment, taking every web replica out of service as well
// would turn clear answers ("try again") into refused connections.
package main

import (
	"log"
	"os"
	"time"

	"registered-address/serve"
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	url := os.Getenv("REGISTRY_URL")
	if url == "" {
		log.Fatal("REGISTRY_URL must say where the registry component answers, such as http://registry:8081")
	}
	service := &api{registry: newRegistry(url), now: time.Now}
	always := func() error { return nil }
	if err := serve.New(service, always).Run(":8080"); err != nil {
		log.Fatal(err)
	}
}

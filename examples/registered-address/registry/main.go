// Command registry is the inner component of the service: addresses by personal number,
// answered to the web component on port 8081 and to nobody else. Its data are synthetic
// and part of the program; a real one would read the state register of the population
// through Tunduk. It must not know of certificates.
package main

import (
	"log"

	"registered-address/serve"
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	r := register{answerTime: registerTime}
	go func() {
		if err := r.load(open()); err != nil {
			log.Fatal(err)
		}
		log.Printf("%d addresses loaded", len(*r.records.Load()))
	}()
	if err := serve.New(&r, r.ready).Run(":8081"); err != nil {
		log.Fatal(err)
	}
}

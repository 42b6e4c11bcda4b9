// Command prober is what the tests run in pods: it answers on ports and tries others'.
//
// Place on the path from manifest to register: beside it; it shows that the ground refuses what
// policies refuse and lets through what they allow. It must know nothing of policies.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// patience is long beside a reply inside one machine, and short beside a first retransmission.
const patience = 700 * time.Millisecond

// Each argument is a port to answer on, as tcp:80 or udp:80. Port 9999 takes GET /try?to=tcp:ADDRESS:PORT
// (any number of to) and answers with a JSON object of target to whether it replied. An argument
// early:tcp:ADDRESS:PORT is tried from the first moment of the program on; GET /early tells how it went.
func main() {
	for _, argument := range os.Args[1:] {
		network, port, _ := strings.Cut(argument, ":")
		if network == "early" {
			go tryEarly(port)
			continue
		}
		if err := answer(network, ":"+port); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	http.HandleFunc("/try", func(writer http.ResponseWriter, request *http.Request) {
		results := map[string]bool{}
		var mutex sync.Mutex
		var all sync.WaitGroup
		for _, target := range request.URL.Query()["to"] {
			all.Go(func() {
				replied := try(target)
				mutex.Lock()
				defer mutex.Unlock()
				results[target] = replied
			})
		}
		all.Wait()
		_ = json.NewEncoder(writer).Encode(results)
	})
	http.HandleFunc("/early", func(writer http.ResponseWriter, _ *http.Request) {
		early.Lock()
		defer early.Unlock()
		_ = json.NewEncoder(writer).Encode(map[string]int{"tried": early.Tried, "replied": early.Replied})
	})
	// GET /connect?to=tcp:ADDRESS:PORT: whether a connection is taken, for servers that do not speak first.
	http.HandleFunc("/connect", func(writer http.ResponseWriter, request *http.Request) {
		network, address, _ := strings.Cut(request.URL.Query().Get("to"), ":")
		connection, err := net.DialTimeout(network, address, patience)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadGateway)
			return
		}
		_ = connection.Close()
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":9999", nil))
	os.Exit(1)
}

// early is how many of the first tries after the start had a reply, and how many there were.
var early struct {
	sync.Mutex
	Tried, Replied int
}

// tryEarly tries target from the first moment on, for two seconds.
func tryEarly(target string) {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		replied := try(target)
		early.Lock()
		early.Tried++
		if replied {
			early.Replied++
		}
		early.Unlock()
	}
}

func answer(network, address string) error {
	if network == "udp" {
		socket, err := net.ListenPacket(network, address)
		if err != nil {
			return err
		}
		go func() {
			buffer := make([]byte, 64)
			for {
				if _, from, err := socket.ReadFrom(buffer); err == nil {
					_, _ = socket.WriteTo([]byte("here\n"), from)
				}
			}
		}()
		return nil
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				continue
			}
			_, _ = connection.Write([]byte("here\n"))
			_ = connection.Close()
		}
	}()
	return nil
}

// used counts the ports that datagrams were sent from.
var used atomic.Uint32

func try(target string) bool {
	network, address, _ := strings.Cut(target, ":")
	dialer := net.Dialer{Timeout: patience}
	if network == "udp" {
		// A port that was used a moment ago would be taken for the flow of then, which may go on.
		dialer.LocalAddr = &net.UDPAddr{Port: 10000 + int(used.Add(1)%50000)}
	}
	connection, err := dialer.Dial(network, address)
	if err != nil {
		return false
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(patience))
	if network == "udp" {
		_, _ = connection.Write([]byte("there?"))
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	return err == nil && line == "here\n"
}
